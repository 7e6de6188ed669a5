"""Let a network's convolutions count in bytes: a third of the time goes, and no word is lost.

Weights are rounded here, by the largest of each output. What comes in at each convolution was observed once on drawn
pages and lines; the ranges stand in `int8.json`, each network's under the SHA-256 of its file, and are made anew by
`make byte-ranges`. A network without ranges is left as it is.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

RANGES = "int8.json"
_CPUINFO = Path("/proc/cpuinfo")
_INSTRUCTIONS = frozenset({"avx512_vnni", "avx_vnni"})
"""Without these, sums of bytes are cut off at 16 bits and letters are lost."""
_LEVELS = 256
_LEAST_WEIGHT = 1e-8


@dataclass(frozen=True, slots=True)
class Range:
    """What comes in at one convolution, from the least to the greatest."""

    least: float
    greatest: float

    def ends(self) -> tuple[float, float]:
        """Return what the lowest and highest of 256 levels stand for; zero is one of them."""
        least, greatest = min(self.least, 0.0), max(self.greatest, _LEAST_WEIGHT)
        step = (greatest - least) / (_LEVELS - 1)
        below = round(-least / step)
        return -below * step, (_LEVELS - 1 - below) * step


def supported() -> bool:
    """Say whether this processor multiplies bytes without losing any."""
    try:
        lines = _CPUINFO.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return False
    flags: set[str] = set(next((line for line in lines if line.startswith("flags")), "").split())
    return not _INSTRUCTIONS.isdisjoint(flags)


def ranges_of(file: Path) -> Mapping[str, Range]:
    """Return what was observed of a network by its convolutions' names; nothing where it is another network."""
    stored = json.loads(
        resources.files("processors.ocr.rapid").joinpath(RANGES).read_text(encoding="utf-8")
    )
    return {name: Range(*ends) for name, ends in stored.get(digest_of(file), {}).items()}


def digest_of(file: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def convolutions(model: Any) -> Iterator[Any]:
    """Yield those worth it: full ones, not those of the single pixel that a channel's weight is worked out from."""
    for operation in model.get_ordered_ops():
        if operation.get_type_name() == "Convolution" and not _sees_one_pixel(operation):
            yield operation


def quantize(model: Any, ranges: Mapping[str, Range]) -> None:
    """Mark inputs and weights of a network's convolutions as bytes; the runtime picks its instructions by that."""
    marked: dict[str, Any] = {}
    for convolution in list(convolutions(model)):
        if convolution.get_friendly_name() not in ranges:
            continue
        source = convolution.input_value(0)
        name = f"{source.get_node().get_friendly_name()}:{source.get_index()}"
        if name not in marked:
            marked[name] = _as_bytes(source, ranges[convolution.get_friendly_name()])
        convolution.input(0).replace_source_output(marked[name].output(0))
        convolution.input(1).replace_source_output(_rounded(convolution.input_value(1)).output(0))
    model.validate_nodes_and_infer_types()


def _sees_one_pixel(convolution: Any) -> bool:
    return all(
        side.is_static and side.get_length() == 1
        for side in list(convolution.input(0).get_partial_shape())[2:]
    )


def _as_bytes(source: Any, observed: Range) -> Any:
    import numpy as np
    from openvino import opset13

    low, high = (
        opset13.constant(np.full((1, 1, 1, 1), end, dtype=np.float32)) for end in observed.ends()
    )
    return opset13.fake_quantize(source, low, high, low, high, _LEVELS)


def _rounded(source: Any) -> Any:
    """Round weights to -127 to 127, each output by its own largest."""
    import numpy as np
    from openvino import opset13

    weights = source.get_node().data
    most = (
        np.abs(weights)
        .max(axis=(1, 2, 3), keepdims=True)
        .clip(min=_LEAST_WEIGHT)
        .astype(np.float32)
    )
    low, high = opset13.constant(-most), opset13.constant(most)
    return opset13.fake_quantize(source, low, high, low, high, _LEVELS - 1)
