"""Files derived from a document for the archive."""
