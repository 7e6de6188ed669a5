"""Words of messages."""

import pytest

from pipeline.wording import side_by_side

SAME = "The parties agree. " * 30  # 570 characters


def test_two_long_texts_are_cut_so_that_their_difference_is_seen():
    """Texts that begin alike are shown from shortly before the place where they differ."""
    one, other = side_by_side(SAME + "Seven days.", SAME + "Ten days.", most_chars=300)

    assert one != other
    assert one.startswith("…")
    assert one.endswith("agree. Seven days.")
    assert other.endswith("agree. Ten days.")


def test_a_text_that_goes_on_is_seen_to():
    """Where one text is the beginning of the other, both show where it ends."""
    one, other = side_by_side(SAME, SAME + "Ten days.", most_chars=300)

    assert other.endswith("agree. Ten days.")
    assert one.endswith("agree. ")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ten" + SAME, "Seven" + SAME),  # the difference is at the beginning
        (SAME, SAME),  # there is none
        (SAME, ""),
    ],
)
def test_other_long_texts_are_cut_at_their_ends(one: str, other: str):
    """The beginning says most about a text."""
    shown = side_by_side(one, other, most_chars=300)

    assert shown == tuple(f"{text[:300]}…" if text else "" for text in (one, other))


def test_short_texts_are_shown_whole():
    """What fits is not cut."""
    assert side_by_side("a" * 300, "a" * 299, most_chars=300) == ("a" * 300, "a" * 299)
