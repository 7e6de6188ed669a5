"""Photographs of paper: on a table, at an angle, unevenly lit, and a little out of focus."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from infra.samples.canvas import Pixels, noise

Corner = tuple[float, float]

# Colors of the table.
WOOD = (124, 86, 56)
SLATE = (70, 76, 84)
LINEN = (176, 166, 150)

_SHADOW = (18, 14, 12)
# How much of the picture's width and height the paper fills at most, on each side of the middle.
_REACH_X = 0.46
_REACH_Y = 0.475


@dataclass(frozen=True, slots=True)
class Shot:
    """How a photograph is taken.

    Attributes:
        table: Color of the table.
        degrees: How far the paper is turned counterclockwise.
        slant: How much narrower the paper's far edge is (0 to 0.2).
        light: Difference between the bright and the dark side (0 to 1).
        blur: Radius in pixels.
        noise: Standard deviation in gray levels.
        width: Pixels of the picture.
        height: Pixels of the picture.
    """

    table: tuple[int, int, int] = WOOD
    degrees: float = 2.0
    slant: float = 0.05
    light: float = 0.35
    blur: float = 0.7
    noise: float = 5.0
    width: int = 1200
    height: int = 1600


def photograph(paper: Image.Image, *, shot: Shot, rng: np.random.Generator) -> Image.Image:
    """Return a picture of gray paper on a table."""
    size = (shot.width, shot.height)
    coefficients = perspective_coefficients(place_corners(paper, shot=shot), size=paper.size)
    perspective = Image.Transform.PERSPECTIVE
    seen = crease(paper, rng=rng).transform(
        size, perspective, coefficients, Image.Resampling.BICUBIC
    )
    mask = Image.new("L", paper.size, 255).transform(size, perspective, coefficients)
    mask = mask.filter(ImageFilter.GaussianBlur(0.8))
    scene = draw_table(shot=shot, rng=rng)
    # The shadow is the paper's shape, moved away from the light, blurred, and 60 % dark.
    moved = ImageChops.offset(mask, 14, 18).filter(ImageFilter.GaussianBlur(16))
    scene.paste(_SHADOW, (0, 0), moved.point(lambda level: level * 0.6))
    scene.paste(tint(seen), (0, 0), mask)
    return expose(scene, shot=shot, rng=rng)


def place_corners(paper: Image.Image, *, shot: Shot) -> list[Corner]:
    """Place the paper's corners, clockwise from top left, so that it fills most of the picture."""
    angle = np.radians(-shot.degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    half = np.array([paper.width, paper.height]) / 2
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    # The first two corners are the far edge.
    square[:2, 0] *= 1 - shot.slant
    turned = square @ turn.T
    reach = np.abs(turned).max(axis=0)
    scale = float(min(shot.width * _REACH_X / reach[0], shot.height * _REACH_Y / reach[1]))
    placed = turned * scale + np.array([shot.width, shot.height]) / 2
    return [(float(x), float(y)) for x, y in placed]


def perspective_coefficients(corners: list[Corner], *, size: tuple[int, int]) -> list[float]:
    """Return the eight coefficients of Pillow's PERSPECTIVE transform.

    They map a point of the picture to the paper:
    x = (a·u + b·v + c) / (g·u + h·v + 1), and y with d, e, f. Four corners give eight equations.
    """
    width, height = size
    rows: list[list[float]] = []
    targets: list[float] = []
    flat = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    for (x, y), (u, v) in zip(corners, flat, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        targets += [u, v]
    return [float(value) for value in np.linalg.solve(np.array(rows), np.array(targets))]


def crease(paper: Image.Image, *, rng: np.random.Generator) -> Image.Image:
    """Fold the paper twice: each fold is a soft dark line with a light one below it."""
    pixels = np.asarray(paper, dtype=np.float32)
    rows = np.arange(paper.height, dtype=np.float32)
    # Paper that was folded does not lie flat: a slow wave of five gray levels.
    shade = 5 * np.sin(rows / paper.height * float(rng.uniform(4, 8)) + float(rng.uniform(0, 6)))
    for place in map(float, rng.uniform(0.25, 0.8, size=2) * paper.height):
        dark = 16 * np.exp(-(((rows - place) / 3.0) ** 2))
        light = 7 * np.exp(-(((rows - place - 8) / 4.0) ** 2))
        shade -= dark - light
    return _image(pixels + shade[:, None])


def tint(paper: Image.Image) -> Image.Image:
    """Give gray paper the warm white of a lamp, and its print a touch of blue."""
    gray = np.asarray(paper, dtype=np.float32)
    light = gray / 255
    red = gray * (0.93 + 0.06 * light)
    green = gray * (0.95 + 0.02 * light)
    blue = gray * 0.94
    return _image(np.stack([red, green, blue], axis=-1))


def draw_table(*, shot: Shot, rng: np.random.Generator) -> Image.Image:
    """Draw the table: grain along its length, and boards if it is of wood."""
    # Few random values across and many along, stretched to the picture, look like grain.
    rough = rng.normal(0, 1, (shot.height // 4, shot.width // 60 + 2))
    stretched = Image.fromarray(rough.astype(np.float32)).resize(
        (shot.height, shot.width), Image.Resampling.BICUBIC
    )
    grain = np.asarray(stretched).T
    fine = noise(rng, shape=(shot.height, shot.width), deviation=2.5)
    relief = (grain * 9 + fine)[..., None]
    surface: Pixels = np.array(shot.table, dtype=np.float32)[None, None, :] + relief
    if shot.table == WOOD:
        for seam in range(int(rng.integers(100, 220)), shot.width, 370):
            surface[:, seam : seam + 4] *= 0.55
    return _image(surface)


def expose(scene: Image.Image, *, shot: Shot, rng: np.random.Generator) -> Image.Image:
    """Light the scene from one corner, and take it with a phone's lens and sensor."""
    toward_right, toward_bottom = (float(sign) for sign in rng.choice([-1.0, 1.0], size=2))
    across = np.linspace(-0.5, 0.5, shot.width, dtype=np.float32)[None, :]
    down = np.linspace(-0.5, 0.5, shot.height, dtype=np.float32)[:, None]
    slope = across * toward_right + down * toward_bottom
    light = 1 - shot.light * 0.35 + shot.light * 0.45 * slope
    blurred = np.asarray(scene.filter(ImageFilter.GaussianBlur(shot.blur)), dtype=np.float32)
    grain = noise(rng, shape=(shot.height, shot.width), deviation=shot.noise)[..., None]
    return _image(blurred * light[..., None] + grain)


def _image(pixels: NDArray[np.floating]) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
