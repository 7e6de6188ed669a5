"""Photographs of paper: laid on a table, seen at an angle, unevenly lit, a little out of focus."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from infra.samples.paper import Pixels, noise

Corner = tuple[float, float]

WOOD = (124, 86, 56)
SLATE = (70, 76, 84)
LINEN = (176, 166, 150)


@dataclass(frozen=True, slots=True)
class Shot:
    """How a photograph is taken.

    `degrees` turns the paper against the clock, `slant` is how much narrower its far edge looks (0 to 0.2), `light`
    the difference between the bright and the dark side (0 to 1), `blur` a radius in pixels, `noise` a deviation in
    grey levels.
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
    """Return the picture of a grey sheet of paper lying on a table."""
    size = (shot.width, shot.height)
    corners = _corners(paper, shot=shot)
    coefficients = _perspective(corners, size=paper.size)
    sheet = _creased(paper, rng=rng).transform(
        size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC
    )
    mask = Image.new("L", paper.size, 255).transform(
        size, Image.Transform.PERSPECTIVE, coefficients
    )
    mask = mask.filter(ImageFilter.GaussianBlur(0.8))
    scene = _table(shot=shot, rng=rng)
    shadow = (
        ImageChops.offset(mask, 14, 18)
        .filter(ImageFilter.GaussianBlur(16))
        .point(lambda level: level * 0.6)
    )
    scene.paste((18, 14, 12), (0, 0), shadow)
    scene.paste(_tinted(sheet), (0, 0), mask)
    return _exposed(scene, shot=shot, rng=rng)


def _corners(paper: Image.Image, *, shot: Shot) -> list[Corner]:
    """Place the paper's corners (from top left, with the clock) so that it fills most of the picture."""
    angle = np.radians(-shot.degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    half = np.array([paper.width, paper.height]) / 2
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    square[:2, 0] *= 1 - shot.slant
    turned = square @ turn.T
    reach = np.abs(turned).max(axis=0)
    scale = float(min(shot.width * 0.46 / reach[0], shot.height * 0.475 / reach[1]))
    placed = turned * scale + np.array([shot.width, shot.height]) / 2
    return [(float(x), float(y)) for x, y in placed]


def _perspective(corners: list[Corner], *, size: tuple[int, int]) -> list[float]:
    """Solve for the eight numbers Pillow's PERSPECTIVE wants: from places in the picture to places on the paper."""
    width, height = size
    rows: list[list[float]] = []
    targets: list[float] = []
    flat = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    for (x, y), (u, v) in zip(corners, flat, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        targets += [u, v]
    return [float(value) for value in np.linalg.solve(np.array(rows), np.array(targets))]


def _creased(paper: Image.Image, *, rng: np.random.Generator) -> Image.Image:
    """Fold the paper twice: a soft dark line with a light one beside it, and a slow wave of shade."""
    pixels = np.asarray(paper, dtype=np.float32)
    rows = np.arange(paper.height, dtype=np.float32)
    shade = 5 * np.sin(rows / paper.height * float(rng.uniform(4, 8)) + float(rng.uniform(0, 6)))
    for place in map(float, rng.uniform(0.25, 0.8, size=2) * paper.height):
        shade -= 16 * np.exp(-(((rows - place) / 3.0) ** 2)) - 7 * np.exp(
            -(((rows - place - 8) / 4.0) ** 2)
        )
    return _image(pixels + shade[:, None])


def _tinted(sheet: Image.Image) -> Image.Image:
    """Give grey paper the warm white of a lamp and its print a touch of blue."""
    grey = np.asarray(sheet, dtype=np.float32)
    light = grey / 255
    return _image(
        np.stack([grey * (0.93 + 0.06 * light), grey * (0.95 + 0.02 * light), grey * 0.94], axis=-1)
    )


def _table(*, shot: Shot, rng: np.random.Generator) -> Image.Image:
    """Draw the surface below: grain stretched along its length, boards for wood."""
    rough = rng.normal(0, 1, (shot.height // 4, shot.width // 60 + 2))
    grain = np.asarray(
        Image.fromarray(rough.astype(np.float32)).resize(
            (shot.height, shot.width), Image.Resampling.BICUBIC
        )
    ).T
    fine = noise(rng, shape=(shot.height, shot.width), deviation=2.5)
    relief = (grain * 9 + fine)[..., None]
    surface: Pixels = np.array(shot.table, dtype=np.float32)[None, None, :] + relief
    if shot.table == WOOD:
        for seam in range(int(rng.integers(100, 220)), shot.width, 370):
            surface[:, seam : seam + 4] *= 0.55
    return _image(surface)


def _exposed(scene: Image.Image, *, shot: Shot, rng: np.random.Generator) -> Image.Image:
    """Light the scene from one corner, then see it through a phone's lens and sensor."""
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
