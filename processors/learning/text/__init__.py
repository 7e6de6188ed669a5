"""Prepare documents and the values of columns: lines, words, pieces of text, dates and numbers."""
