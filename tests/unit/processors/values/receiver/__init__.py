"""Tests of who receives a document."""
