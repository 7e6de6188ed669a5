"""Say in one sentence that a file is not where it should be."""

from pipeline.model import FileRef, Place


def missing_sentence(ref: FileRef) -> str:
    """Say that there is no such file any more, and what a user can do."""
    if ref.place is Place.ATTACHMENT:
        return f"{ref.location} has no file {ref.name!r} any more."
    if ref.record is None:
        return f"The Files area has no file {ref.path} any more."
    return (
        f"The record names {ref.path}; the Files area has no such file. Upload it under this path, "
        f"or correct the field {ref.field}."
    )
