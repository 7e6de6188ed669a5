"""Observe what comes in at the recognizer's convolutions, on pages drawn here: `make byte-ranges`.

Writes `processors/ocr/rapid/int8.json`. Nothing of any corpus is used: words are made of random
letters, in many sizes, printed, scanned, photographed, faded, inverted and compressed in turn.
"""

import json
import string
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from infra.samples.canvas import Canvas, flatbed_scan, thermal_print
from infra.samples.photograph import Shot, photograph
from processors.contract import OcrModels
from processors.ocr.rapid import engine as rapid_engine, int8, networks
from processors.ocr.rapid.models import networks_of

_PAGES = 24
_STRIPS_A_PAGE = 40
_MARGIN = 1.05
_LETTERS = (
    string.ascii_lowercase * 6
    + string.ascii_uppercase * 2
    + string.digits * 3
    + ".,:-/()%&$#*+='\""
)
_SIZES = (11, 13, 16, 20, 26, 34, 44, 60)


def pages(rng: np.random.Generator) -> Iterator[Image.Image]:
    """Yield drawn pages, each damaged in another way."""
    for number in range(_PAGES):
        canvas = Canvas(int(rng.choice([480, 700, 1000, 1600])), int(rng.choice([700, 1100, 2000])))
        size = int(rng.choice(_SIZES[:5] if canvas.width < 900 else _SIZES))
        while canvas.y < canvas.height - 2 * size:
            canvas.line(
                _words(rng, canvas.width - 80, size), size=size, bold=bool(rng.random() < 0.2)
            )
        yield _damaged(canvas.image, number, rng)


def _words(rng: np.random.Generator, width: int, size: int) -> str:
    text = ""
    room = rng.uniform(0.2, 1.0) * width / (0.6 * size)
    while len(text) < room:
        text += "".join(rng.choice(list(_LETTERS), int(rng.integers(1, 11)))) + " "
    return text.strip()


def _damaged(image: Image.Image, number: int, rng: np.random.Generator) -> Image.Image:
    ways: list[Callable[[], Image.Image]] = [
        lambda: image,
        lambda: thermal_print(image, rng=rng, fade=float(rng.uniform(0.1, 0.6))),
        lambda: flatbed_scan(image, rng=rng, degrees=float(rng.uniform(-1.5, 1.5))),
        lambda: photograph(
            image, shot=Shot(degrees=float(rng.uniform(-4, 4)), blur=1.0, noise=8.0), rng=rng
        ),
        lambda: ImageOps.invert(image),
        lambda: image.point(lambda level: 110 + level // 4).filter(ImageFilter.GaussianBlur(0.8)),
        lambda: ImageOps.colorize(image, (20, 30, 120), (250, 240, 200)),
        lambda: _compressed(image.convert("1").convert("L"), quality=25),
    ]
    return ways[number % len(ways)]()


def _compressed(image: Image.Image, quality: int) -> Image.Image:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


class Observer:
    """Runs a network and keeps the least and greatest value that came in at each convolution."""

    def __init__(self, file: Path) -> None:
        from openvino import Core, Model, opset13

        model = Core().read_model(file)
        chosen = list(int8.convolutions(model))
        self._names = [each.get_friendly_name() for each in chosen]
        outputs = [opset13.result(each.input_value(0)) for each in chosen]
        settings = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": 1,
            "CPU_RUNTIME_CACHE_CAPACITY": 4,
        }
        compiled = Core().compile_model(
            Model(outputs, model.get_parameters(), "observed"), "CPU", settings
        )
        self._request = compiled.create_infer_request()
        self._seen = dict.fromkeys(self._names, (0.0, 0.0))

    def run(self, pixels: Any) -> None:
        """Look at one input."""
        self._request.infer([pixels])
        for index, name in enumerate(self._names):
            values = self._request.get_output_tensor(index).data
            least, greatest = self._seen[name]
            self._seen[name] = (min(least, float(values.min())), max(greatest, float(values.max())))

    def ranges(self) -> dict[str, list[float]]:
        """Return what was seen, with some room on both sides."""
        return {
            name: [round(least * _MARGIN, 4), round(greatest * _MARGIN, 4)]
            for name, (least, greatest) in self._seen.items()
        }


class Recorder:
    """Wrap a network and keep its inputs."""

    def __init__(self, network: networks.Network) -> None:
        self._network = network
        self.inputs: list[Any] = []

    def run(self, pixels: Any) -> Any:
        """Keep the input and run the network."""
        self.inputs.append(pixels)
        return self._network.run(pixels)


def main() -> None:
    """Write the recognizer's ranges."""
    file = networks_of(OcrModels()).recognition
    engine = rapid_engine.RapidEngine()
    engine._recognizer = recorder = Recorder(engine._recognizer)
    observer = Observer(file)
    for page in pages(np.random.default_rng(8)):
        engine.recognize(page, dpi=200)
        for pixels in recorder.inputs[:_STRIPS_A_PAGE]:
            observer.run(pixels)
        recorder.inputs.clear()
    target = Path(int8.__file__).with_name(int8.RANGES)
    target.write_text(
        json.dumps({int8.digest_of(file): observer.ranges()}, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
