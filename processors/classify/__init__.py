"""The class of a document, by rules."""
