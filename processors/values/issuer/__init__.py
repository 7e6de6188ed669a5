"""Find who issued a document."""
