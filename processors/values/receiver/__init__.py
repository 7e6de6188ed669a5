"""Find who receives a document."""
