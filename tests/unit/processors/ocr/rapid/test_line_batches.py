import pytest
from hypothesis import given, strategies as st

from processors.ocr.rapid import line_batches

WIDTHS = st.lists(st.integers(8, 4800), max_size=60)


@given(WIDTHS)
def test_every_line_is_in_one_strip(widths: list[int]):
    """Each line is read once, at its own width, inside its strip."""
    packed = line_batches.pack(widths)

    positions = [position for strip in packed for position in strip.positions]
    assert sorted(position.line for position in positions) == list(range(len(widths)))
    assert all(
        position.right_px - position.left_px == widths[position.line] for position in positions
    )
    assert all(
        position.left_px >= 0 and position.right_px <= strip.width_px
        for strip in packed
        for position in strip.positions
    )


@given(WIDTHS)
def test_lines_of_a_strip_are_apart(widths: list[int]):
    """Between two lines there is a gap, so that their letters are not joined."""
    for strip in line_batches.pack(widths):
        for left, right in zip(strip.positions, strip.positions[1:], strict=False):
            assert right.left_px - left.right_px >= 24


def test_strips_have_few_widths():
    """Lines of a hundred widths are read in strips of few widths."""
    packed = line_batches.pack(range(30, 330, 3))

    assert len({strip.width_px for strip in packed}) <= 4


def test_a_long_line_is_read_whole():
    """A line longer than the usual strip has one of its own length."""
    (strip,) = line_batches.pack([1000])

    assert 1000 <= strip.width_px < 1200


def test_the_steps_of_a_line_are_its_own():
    """Predictions beyond half of the gap belong to the next line."""
    (strip,) = line_batches.pack([100, 80])
    first, second = (
        position.steps(strip.width_px, count=strip.width_px // 8) for position in strip.positions
    )

    assert first.last <= second.first + 1
    assert first.first == 0


def test_shares_are_converted_to_the_line():
    """A share of a line's predictions becomes a share of the line without its gaps."""
    (strip,) = line_batches.pack([104, 80])
    position = strip.positions[1]
    count = strip.width_px // 8
    own = position.steps(strip.width_px, count=count)

    middle = ((position.left_px + position.right_px) / 2 / strip.width_px * count - own.first) / (
        own.last - own.first
    )
    assert own.line_share(middle) == pytest.approx(0.5)
    assert own.line_share(0.0) < 0
    assert own.line_share(1.0) > 1


@given(WIDTHS)
def test_strips_of_one_run_have_the_same_width(widths: list[int]):
    """Each strip is in one run, with others of its own width only."""
    packed = line_batches.pack(widths)
    batches = list(line_batches.runs(packed))

    assert sorted(id(strip) for batch in batches for strip in batch) == sorted(
        id(strip) for strip in packed
    )
    assert all(len({strip.width_px for strip in batch}) == 1 for batch in batches)


def test_short_lines_are_read_four_strips_at_a_time():
    """Forty short lines take a quarter as many runs as they have strips."""
    packed = line_batches.pack([100] * 40)

    assert len(list(line_batches.runs(packed))) <= len(packed) // 4 + 3
