"""Which documents are read to look at a place."""

from flows.app.onboarding.sample_reading import spread
from pipeline.model import FileRef, Place, RecordRef, RecordWork


def document(pk: int, filled: int) -> tuple[RecordWork, FileRef]:
    """Return a document of a record in which so many columns have values."""
    record = RecordRef("Docs", str(pk))
    ref = FileRef("docs", Place.ATTACHMENT, "Docs", "Scan", record, "a.pdf", 1, "")
    values = {str(number): "x" if number < filled else " " for number in range(9)}
    return RecordWork("docs", record, values, (ref,)), ref


def test_the_fullest_and_the_emptiest_records_are_looked_at():
    """Three of four are full, to compare with; the last ones are empty, to show what would be written."""
    queue = [document(number, number) for number in range(9)]

    def chosen(most: int) -> list[str]:
        return [ref.record.pk for _, ref in spread(queue, most) if ref.record]

    assert chosen(8) == ["8", "7", "6", "5", "4", "3", "1", "0"]
    assert chosen(20) == ["8", "7", "6", "5", "4", "3", "2", "1", "0"]
    assert chosen(1) == ["8"]
