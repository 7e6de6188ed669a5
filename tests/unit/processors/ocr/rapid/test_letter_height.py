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


def height_px(pixels: Pixels) -> float:
    """Return the height of the low letters, with the engine's bound of small print."""
    return letter_height.letter_height_px(pixels, small_px=12)


def test_twice_the_size_is_twice_the_height():
    """The height is in pixels of the picture, and an x is half as high as its size says."""
    small, large = (height_px(pixels_of(page(*[size] * 9))) for size in (20, 40))

    assert small == pytest.approx(11, abs=1.5)
    assert large == pytest.approx(2 * small, abs=2)


def test_small_print_counts():
    """One line of ten is what must still be found."""
    both = height_px(pixels_of(page(14, *[40] * 9)))

    assert both == height_px(pixels_of(page(*[14] * 9)))


@pytest.mark.parametrize("top", [1320, 1340])
def test_one_line_of_small_print_counts(top: int):
    """A footnote below a page of large letters is a few of its letters in a hundred."""
    large, footnote = page(*[40] * 16), page(14).crop((0, 0, 300, 50))
    alone = height_px(pixels_of(large))

    large.paste(footnote, (0, top))

    assert alone == pytest.approx(22, abs=2)
    assert height_px(pixels_of(large)) <= 8


def test_light_print_on_a_dark_band_counts():
    """Its ink is what is lighter than the band."""
    large, band = page(*[40] * 16), ImageOps.invert(page(14).crop((0, 0, 1000, 60)))

    large.paste(band, (0, 1320))

    assert height_px(pixels_of(large)) <= 8


@pytest.mark.parametrize("size", [48, 60])
def test_commas_dots_and_gaps_are_no_small_print(size: int):
    """They are as low, but are alone; paper within a large letter is no light letter."""
    lines = Image.new("L", (1000, 1400), 255)
    font = ImageFont.load_default(size)
    for top in range(20, 1300, 80):
        ImageDraw.Draw(lines).text((20, top), "Once more, a sum that is paid here", 0, font)

    assert height_px(pixels_of(lines)) > 12


@pytest.mark.parametrize("height", [260, 1400])
def test_large_pictures_are_looked_at_in_parts(height: int):
    """Lines on the edges of parts have the same height as the others."""
    cropped = page(*[20] * 30).crop((0, 0, 1000, height))

    assert height_px(pixels_of(cropped)) == pytest.approx(11, abs=1.5)


def test_more_specks_than_a_number_of_a_patch_can_say():
    """A picture of a million pixels can have 300,000 patches."""
    specks = np.full((1280, 900, 3), 255, dtype=np.uint8)
    specks[::2, ::2] = 0

    assert height_px(specks) == 0


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
    assert height_px(pixels_of(image)) <= 8


def test_light_letters_on_dark_do_not_count_as_larger_ones():
    """Their ink is what surrounds them."""
    upright = page(*[20] * 30)

    inverted = height_px(pixels_of(ImageOps.invert(upright)))

    assert inverted <= height_px(pixels_of(upright))
