"""The height of the low letters of a picture, by the shape of its ink."""

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps

from processors.ocr.rapid import letter_height

Pixels = npt.NDArray[np.uint8]
LETTERS = "nosuvxaec" * 9


def page(*sizes: int) -> Image.Image:
    """Draw lines of letters without parts above or below, one line in each size."""
    drawn = Image.new("L", (1000, 1400), 255)
    top = 20
    for size in sizes:
        ImageDraw.Draw(drawn).text((20, top), LETTERS, 0, ImageFont.load_default(size))
        top += 2 * size
    return drawn


def pixels_of(image: Image.Image) -> Pixels:
    """Return the pixels as the engine has them."""
    return np.asarray(image.convert("RGB"))


def test_twice_the_size_is_twice_the_height():
    """The height is in pixels of the picture, and an x is half as high as its size says."""
    small, large = (
        letter_height.letter_height_px(pixels_of(page(*[size] * 9))) for size in (20, 40)
    )

    assert small == pytest.approx(11, abs=1.5)
    assert large == pytest.approx(2 * small, abs=2)


def test_small_print_counts():
    """One line of ten is what must still be found."""
    both = letter_height.letter_height_px(pixels_of(page(14, *[40] * 9)))

    assert both == letter_height.letter_height_px(pixels_of(page(*[14] * 9)))


@pytest.mark.parametrize("height", [260, 1400])
def test_large_pictures_are_looked_at_in_parts(height: int):
    """A line on the edge of a part is left out, and the others have the same height."""
    cropped = page(*[20] * 30).crop((0, 0, 1000, height))

    assert letter_height.letter_height_px(pixels_of(cropped)) == pytest.approx(11, abs=1.5)


def test_more_specks_than_a_number_of_a_patch_can_say():
    """A picture of a million pixels can have 300,000 patches."""
    specks = np.full((1280, 900, 3), 255, dtype=np.uint8)
    specks[::2, ::2] = 0

    assert letter_height.letter_height_px(specks) == 0


@pytest.mark.parametrize(
    "image",
    [
        Image.new("L", (600, 800), 255),
        Image.linear_gradient("L").resize((600, 800)),
        page(60),
        Image.new("L", (1, 1), 0),
        Image.effect_noise((600, 800), 20),
    ],
    ids=["blank", "shadow", "one line", "one pixel", "noise"],
)
def test_too_few_letters_say_nothing(image: Image.Image):
    """Then text is looked for as if there were small print."""
    assert letter_height.letter_height_px(pixels_of(image)) <= 8


def test_light_letters_on_dark_do_not_count_as_larger_ones():
    """Their ink is what surrounds them."""
    upright = page(*[20] * 30)

    inverted = letter_height.letter_height_px(pixels_of(ImageOps.invert(upright)))

    assert inverted <= letter_height.letter_height_px(pixels_of(upright))
