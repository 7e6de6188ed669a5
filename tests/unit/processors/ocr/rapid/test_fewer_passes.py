from typing import Any

import numpy as np
import pytest

from processors.contract import OcrModels
from processors.ocr.rapid import fewer_passes
from processors.ocr.rapid.models import networks_of

openvino = pytest.importorskip("openvino", reason="OpenVINO is not made for this processor")

Pixels = "np.ndarray[Any, Any]"


def output_of(model: Any, pixels: Pixels) -> Pixels:
    """Run a network in full precision."""
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.asarray(compiled([pixels])[0]).copy()


def kinds(model: Any) -> list[str]:
    """Return the kinds of the operations of a network."""
    return [each.get_type_name() for each in model.get_ordered_ops()]


def drawn(*shape: int) -> Pixels:
    """Draw numbers, the same for each shape."""
    return np.random.default_rng(len(shape)).normal(size=shape).astype(np.float32)


def upsampled(given: Any, weights: Pixels, bias: Pixels) -> Any:
    """Return an upsampling to twice the sides, and a sum."""
    op = openvino.opset13
    layer = op.convolution_backprop_data(given, op.constant(weights), [2, 2])
    return op.add(layer, op.constant(bias))


def network(*, first: Pixels, second: Pixels, between: str = "relu", inputs: int = 5) -> Any:
    """Return a network that ends as a detector does."""
    op = openvino.opset13
    given = op.parameter([1, inputs, -1, -1], np.float32, name="pixels")
    bias = drawn(1, first.shape[1], 1, 1)
    hidden = getattr(op, between)(upsampled(given, first, bias))
    marked = upsampled(hidden, second, drawn(1, second.shape[1], 1, 1))
    return openvino.Model([op.result(op.sigmoid(marked))], [given], "network")


def test_two_upsamplings_become_layers_of_points():
    """The end of a detector gives the same at the size before it, every point in its place."""
    parts = {"first": drawn(5, 6, 2, 2), "second": drawn(6, 1, 2, 2)}
    pixels = drawn(1, 5, 7, 9)
    model = network(**parts)

    fewer_passes.join_upsamplings(model)

    assert "ConvolutionBackpropData" not in kinds(model)
    assert output_of(model, pixels) == pytest.approx(output_of(network(**parts), pixels), abs=1e-5)


@pytest.mark.parametrize(
    "parts",
    [
        {"first": drawn(5, 6, 3, 3), "second": drawn(6, 1, 2, 2)},  # points look at neighbors
        {"first": drawn(5, 6, 2, 2), "second": drawn(6, 2, 2, 2)},
        {"first": drawn(5, 6, 2, 2), "second": drawn(6, 1, 2, 2), "between": "tanh"},
    ],
)
def test_another_end_is_left_as_it_is(parts: dict[str, Any]):
    """A network that ends in another way keeps its operations."""
    model = network(**parts)
    before = kinds(model)

    fewer_passes.join_upsamplings(model)

    assert kinds(model) == before


@pytest.mark.slow
def test_the_installed_detector_marks_the_same():
    """The detector that is installed is changed, and marks the same."""
    file = networks_of(OcrModels()).detection
    pixels = drawn(1, 3, 64, 96)
    model, before = (openvino.Core().read_model(file) for _ in range(2))

    fewer_passes.join_upsamplings(model)

    assert "ConvolutionBackpropData" not in kinds(model)
    assert output_of(model, pixels) == pytest.approx(output_of(before, pixels), abs=1e-4)
