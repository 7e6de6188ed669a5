"""Find the documents in one file: page ranges, with the reasons for each border."""

from processors.split.documents import Part, documents_in

__all__ = ["Part", "documents_in"]
