"""Run the networks inside rapidocr's wheel: OpenVINO where it is installed, else ONNX Runtime; always on one thread."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from processors.ocr.rapid import int8

_SHAPES_KEPT = 10
_FIRST_UNUSUAL = 0x2E80  # from here on Unicode has the scripts of East Asia, and pictograms


class Network(Protocol):
    """One network, loaded."""

    def run(self, pixels: Any) -> Any:
        """Return the output for one input; it is overwritten by the next run."""


def runtime() -> str:
    """Name the inference runtime that will be used."""
    return "openvino" if importlib.util.find_spec("openvino") else "onnxruntime"


def detector(file: Path) -> Network:
    """Load the network that marks text on a page."""
    return _OpenVino(_model(file)) if runtime() == "openvino" else _Onnx(file)


def recognizer(file: Path, *, east_asian: bool) -> tuple[Network, Sequence[str]]:
    """Load the network that reads a line, and the characters its outputs stand for, the first being none.

    Nine in ten of them are East Asian. Where no such language is asked for they are left out of the last layer, which
    saves a sixth of the time and keeps them from turning up in smudged Latin words.
    """
    if runtime() != "openvino":
        network = _Onnx(file)
        characters = _alphabet(network.metadata["character"])
        kept = range(len(characters)) if east_asian else _usual(characters)
        return _Among(network, kept), [characters[index] for index in kept]
    model = _model(file)
    characters = _alphabet(model.get_rt_info()["framework"]["character"].value)
    if not east_asian:
        kept = _usual(characters)
        _keep_outputs(model, kept)
        characters = [characters[index] for index in kept]
    if int8.supported():
        int8.quantize(model, int8.ranges_of(file))
    return _OpenVino(model), characters


def _alphabet(lines: str) -> list[str]:
    """Add what the trained list leaves out: nothing at the start, the space at the end."""
    return ["", *lines.splitlines(), " "]


def _usual(characters: Sequence[str]) -> list[int]:
    """Return the places of the characters that are not East Asian."""
    return [index for index, character in enumerate(characters) if character < chr(_FIRST_UNUSUAL)]


def _model(file: Path) -> Any:
    from openvino import Core

    return Core().read_model(file)


def _keep_outputs(model: Any, kept: Sequence[int]) -> None:
    """Cut the columns of the last layer down to those kept; what the softmax shares out is shared among them."""
    from openvino import opset13

    operations = model.get_ordered_ops()
    for kind in ("MatMul", "Add"):
        last = [each for each in operations if each.get_type_name() == kind][-1]
        weights = last.input_value(1).get_node().data[..., list(kept)].copy()
        last.input(1).replace_source_output(opset13.constant(weights).output(0))
    model.validate_nodes_and_infer_types()


class _OpenVino:
    def __init__(self, model: Any) -> None:
        """Compile with a small cache of prepared shapes.

        Every width of line and size of page is a shape of its own to OpenVINO, which keeps what it prepared for up to
        5,000 of them: some 80 MiB more with every receipt. Ten cost no measurable time.
        """
        from openvino import Core

        settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
        compiled = Core().compile_model(
            model, "CPU", {**settings, "CPU_RUNTIME_CACHE_CAPACITY": _SHAPES_KEPT}
        )
        self._request = compiled.create_infer_request()

    def run(self, pixels: Any) -> Any:
        """Return the only output."""
        self._request.infer([pixels])
        return self._request.get_output_tensor().data


class _Onnx:
    def __init__(self, file: Path) -> None:
        """Load without the memory arena, which would grow with every new shape."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.enable_cpu_mem_arena = False
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )
        self.metadata: dict[str, str] = self._session.get_modelmeta().custom_metadata_map

    def run(self, pixels: Any) -> Any:
        """Return the only output."""
        return self._session.run(None, {self._session.get_inputs()[0].name: pixels})[0]


class _Among:
    """A network with some of its outputs only, which share what all of them shared: as if the others had been cut.

    To cut them in the file takes the package onnx, which nothing else here needs.
    """

    def __init__(self, network: Network, kept: Sequence[int]) -> None:
        self._network = network
        self._kept = kept

    def run(self, pixels: Any) -> Any:
        """Return the likelihoods of those kept."""
        import numpy as np

        told = np.take(self._network.run(pixels), self._kept, axis=-1)
        return told / told.sum(axis=-1, keepdims=True).clip(min=np.finfo(np.float32).tiny)
