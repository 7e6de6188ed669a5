"""Let a network's convolutions calculate with bytes: a third to half of the time, no word is lost.

This is post-training quantization as in Jacob et al., 2018 (arXiv:1712.05877). Weights are rounded
here, each output channel by its own largest one. The ranges of the inputs were observed once on
pages and lines drawn for this; they are in `int8.json`, each network's under the SHA-256 of its
file, and `make byte-ranges` writes them again. A network without ranges is left as it is.
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
# Instructions that add products of bytes in 32 bits: weights may have all steps of a signed byte.
_SUMS_OF_32_BITS = frozenset({"avx512_vnni", "avx_vnni"})
_MOST_STEPS = 127
# With these alone, two products are added in 16 bits, and a larger sum is cut off: letters are
# lost. Weights of half the steps keep each sum below 2 ** 15, whatever comes in: 2 x 64 x 255.
_SUMS_OF_16_BITS = "avx2"
_MOST_STEPS_IN_16_BITS = 64
# Instructions that multiply whole tiles of 16-bit numbers (AMX). With them, what bytes save is less
# than what it costs to turn the inputs into bytes.
_TILES = "amx_bf16"
_LEVELS = 256
_LEAST_WEIGHT = 1e-8  # keeps a channel of zeros from being divided by zero


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the greatest value at the input of one convolution."""

    least: float
    greatest: float

    def ends(self) -> tuple[float, float]:
        """Return the values of the lowest and the highest of 256 levels.

        Zero is exactly one of the levels.
        """
        least, greatest = min(self.least, 0.0), max(self.greatest, _LEAST_WEIGHT)
        step = (greatest - least) / (_LEVELS - 1)
        zero_level = round(-least / step)
        return -zero_level * step, (_LEVELS - 1 - zero_level) * step


def weight_steps() -> int:
    """Return how many steps weights may have on each side of zero, so that this CPU loses no sum.

    0 if it is not known to multiply bytes.
    """
    known = frozenset(instructions().split())
    if not _SUMS_OF_32_BITS.isdisjoint(known):
        return _MOST_STEPS
    return _MOST_STEPS_IN_16_BITS if _SUMS_OF_16_BITS in known else 0


def has_tiles() -> bool:
    """Say whether this CPU multiplies tiles of 16-bit numbers, if the system lets it."""
    return _TILES in instructions().split()


def instructions() -> str:
    """Return the kernel's list of what this CPU can do, "" where there is none."""
    try:
        lines = _CPUINFO.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line for line in lines if line.startswith("flags")), "")


def ranges_of(file: Path) -> Mapping[str, Range]:
    """Return the observed ranges of a network by the names of its convolutions.

    Empty for an unknown network.
    """
    text = resources.files("processors.ocr.rapid").joinpath(RANGES).read_text(encoding="utf-8")
    stored = json.loads(text).get(digest_of(file), {})
    return {name: Range(least, greatest) for name, (least, greatest) in stored.items()}


def digest_of(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def convolutions(model: Any) -> Iterator[Any]:
    """Yield the convolutions worth quantizing: all but those over a single pixel."""
    for operation in model.get_ordered_ops():
        if operation.get_type_name() != "Convolution":
            continue
        sides = list(operation.input(0).get_partial_shape())[2:]  # after batch and channels
        is_one_pixel = all(side.is_static and side.get_length() == 1 for side in sides)
        if not is_one_pixel:
            yield operation


def quantize(model: Any, ranges: Mapping[str, Range], *, steps: int) -> None:
    """Mark inputs and weights of a network's convolutions as bytes.

    The runtime picks its instructions by that. `steps` is what `weight_steps` returns.
    """
    import numpy as np
    from openvino import opset13

    quantized: dict[str, Any] = {}
    for convolution in list(convolutions(model)):
        observed = ranges.get(convolution.get_friendly_name())
        if observed is None:
            continue
        # Convolutions may share an input, which is quantized once.
        source = convolution.input_value(0)
        name = f"{source.get_node().get_friendly_name()}:{source.get_index()}"
        if name not in quantized:
            low, high = (
                opset13.constant(np.full((1, 1, 1, 1), end, dtype=np.float32))
                for end in observed.ends()
            )
            quantized[name] = opset13.fake_quantize(source, low, high, low, high, _LEVELS)

        # Weights are rounded to -127 to 127 times a step of their own per output channel: an odd
        # number of levels, so that zero is one of them. With fewer steps the outer ones are empty.
        source = convolution.input_value(1)
        largest = np.abs(source.get_node().data).max(axis=(1, 2, 3), keepdims=True)
        end = (largest.clip(min=_LEAST_WEIGHT) * (_MOST_STEPS / steps)).astype(np.float32)
        low, high = opset13.constant(-end), opset13.constant(end)
        weights = opset13.fake_quantize(source, low, high, low, high, _LEVELS - 1)
        convolution.input(0).replace_source_output(quantized[name].output(0))
        convolution.input(1).replace_source_output(weights.output(0))
    model.validate_nodes_and_infer_types()
