"""Texts that several commands share."""

from pipeline.wording import counts_text


def test_counts_are_read_at_a_glance():
    """Thousands are apart, and what did not happen is not said."""
    assert counts_text({"done": 12345, "failed": 0, "partial": 1}) == "12,345 done, 1 partial"
    assert counts_text({"done": 0}) == ""
