from pathlib import Path
from typing import Any

import numpy as np
import pytest

from processors.contract import OcrModels
from processors.ocr.rapid import int8, networks
from processors.ocr.rapid.models import networks_of

openvino = pytest.importorskip("openvino", reason="OpenVINO is not made for this processor")


def network(weights: "np.ndarray[Any, Any]") -> Any:
    """Return a network of one convolution, named "only"."""
    given = openvino.opset13.parameter([1, weights.shape[1], 4, -1], np.float32, name="pixels")
    convolution = openvino.opset13.convolution(
        given, openvino.opset13.constant(weights), [1, 1], [0, 0], [0, 0], [1, 1]
    )
    convolution.set_friendly_name("only")
    return openvino.Model([openvino.opset13.result(convolution)], [given], "network")


def output_of(model: Any, pixels: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Run a network in full precision except for what is quantized in it."""
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.asarray(compiled([pixels])[0])


@pytest.mark.parametrize("ends", [(0.0, 17.2), (-0.17, 2.9), (-3.0, 1.0)])
def test_levels_span_the_observed_range(ends: tuple[float, float]):
    """256 levels reach as far as the range, to half a level, and one of them is exactly zero."""
    low, high = int8.Range(*ends).ends()

    step = (high - low) / 255
    assert low == pytest.approx(ends[0], abs=step)
    assert high == pytest.approx(ends[1], abs=step)
    assert low / step == pytest.approx(round(low / step), abs=1e-9)


@pytest.mark.parametrize(("steps", "most"), [(127, 0.06), (64, 0.12)])
def test_a_quantized_network_gives_nearly_the_same_output(steps: int, most: float):
    """Rounded to bytes, a convolution's output differs by little more than the rounding."""
    if steps > int8.weight_steps():
        pytest.skip("this processor would cut off sums")
    rng = np.random.default_rng(5)
    weights = rng.normal(size=(6, 5, 1, 1)).astype(np.float32)
    pixels = rng.uniform(-1, 1, (1, 5, 4, 9)).astype(np.float32)
    exact = output_of(network(weights), pixels)
    rounded = network(weights)
    int8.quantize(rounded, {"only": int8.Range(-1.0, 1.0)}, steps=steps)

    found = output_of(rounded, pixels)

    assert not np.array_equal(found, exact)
    assert np.abs(found - exact).max() < most


@pytest.mark.skipif(not int8.weight_steps(), reason="bytes are not used on this processor")
@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_sums_are_not_cut_off(sign: int):
    """Sums of only the largest products come out whole, with the instructions of this processor."""
    weights = np.full((32, 64, 1, 1), sign, dtype=np.float32)
    pixels = np.ones((1, 64, 4, 9), dtype=np.float32)
    rounded = network(weights)
    int8.quantize(rounded, {"only": int8.Range(0.0, 1.0)}, steps=int8.weight_steps())

    assert output_of(rounded, pixels) == pytest.approx(sign * 64.0, rel=0.001)


def test_a_convolution_without_a_range_is_unchanged():
    """A convolution without a range is not quantized."""
    model = network(np.ones((2, 3, 1, 1), dtype=np.float32))

    int8.quantize(model, {"another": int8.Range(0.0, 1.0)}, steps=127)

    assert "FakeQuantize" not in {each.get_type_name() for each in model.get_ordered_ops()}


def test_the_installed_recognizer_has_ranges():
    """The ranges are those of the installed recognizer, one for every convolution worth it."""
    file = networks_of(OcrModels()).recognition
    names = {
        each.get_friendly_name() for each in int8.convolutions(openvino.Core().read_model(file))
    }

    assert names
    assert set(int8.ranges_of(file)) == names


def test_another_network_has_no_ranges(tmp_path: Path):
    """A file with other content has no ranges."""
    other = tmp_path / "other.onnx"
    other.write_bytes(b"another network")

    assert int8.ranges_of(other) == {}


@pytest.mark.parametrize(
    ("flags", "steps"),
    [
        ("fpu avx2 avx512_vnni", 127),
        ("fpu avx_vnni sse avx2", 127),
        ("fpu avx2 avx512f", 64),
        ("fpu avx2", 64),
        ("fpu avx", 0),
        ("", 0),
    ],
)
def test_weights_have_as_many_steps_as_sums_have_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str, steps: int
):
    """Half the steps where two products are added in 16 bits, and none on other processors."""
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor : 0\nflags\t\t: {flags}\nbugs :\n", encoding="ascii")
    monkeypatch.setattr(int8, "_CPUINFO", cpuinfo)

    assert int8.weight_steps() == steps


def test_bytes_are_not_used_on_an_unknown_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """If the system does not say what the CPU can do, bytes are not used."""
    monkeypatch.setattr(int8, "_CPUINFO", tmp_path / "missing")

    assert int8.weight_steps() == 0


@pytest.mark.parametrize(("flags", "found"), [("fpu amx_bf16 amx_tile", True), ("fpu amx", False)])
def test_tiles_are_looked_for_among_the_instructions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str, *, found: bool
):
    """Tiles of 16-bit numbers have a name of their own among the instructions."""
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"flags\t\t: {flags}\n", encoding="ascii")
    monkeypatch.setattr(int8, "_CPUINFO", cpuinfo)

    assert int8.has_tiles() is found


@pytest.mark.parametrize(
    ("has_tiles", "uses_tiles", "is_quantized"),
    [(True, True, False), (True, False, True), (False, False, True)],
)
def test_bytes_are_used_where_the_runtime_has_no_tiles(
    monkeypatch: pytest.MonkeyPatch, *, has_tiles: bool, uses_tiles: bool, is_quantized: bool
):
    """A processor that multiplies tiles, in a system that lets it, calculates without bytes."""
    quantized: list[Any] = []
    monkeypatch.setattr(int8, "has_tiles", lambda: has_tiles)
    monkeypatch.setattr(int8, "weight_steps", lambda: 127)
    monkeypatch.setattr(int8, "quantize", lambda *given, steps: quantized.append((given, steps)))
    monkeypatch.setattr(networks, "_compiled", lambda model, _cached: model)
    monkeypatch.setattr(networks, "_OpenVinoNetwork", lambda compiled: compiled)
    monkeypatch.setattr(networks, "_uses_tiles", lambda _: uses_tiles)

    networks.recognizer(networks_of(OcrModels()).recognition, east_asian=False)

    assert bool(quantized) is is_quantized


def test_the_implementations_of_a_compiled_network_are_known():
    """What the runtime chose can be seen, and the processor that it chose for."""
    compiled = openvino.Core().compile_model(network(np.ones((2, 3, 1, 1), dtype=np.float32)))

    assert networks._uses_tiles(compiled) is False or int8.has_tiles()


@pytest.mark.slow
@pytest.mark.parametrize("steps", [127, 64, 0])
def test_the_recognizer_loads_with_and_without_bytes(monkeypatch: pytest.MonkeyPatch, steps: int):
    """With bytes or without, the recognizer gives a probability per character and step."""
    monkeypatch.setattr(int8, "has_tiles", lambda: False)
    monkeypatch.setattr(int8, "weight_steps", lambda: steps)
    network_, characters = networks.recognizer(
        networks_of(OcrModels()).recognition, east_asian=False
    )

    output = network_.run(np.zeros((1, 3, 48, 320), dtype=np.float32))

    assert output.shape == (1, 40, len(characters))
    assert output.sum(axis=2) == pytest.approx(1.0, abs=0.02)
