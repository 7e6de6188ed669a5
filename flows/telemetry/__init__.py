"""Figures and spans for those who watch."""
