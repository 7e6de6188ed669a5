"""Run the networks: on OpenVINO if it is installed, else on ONNX Runtime; always on one thread."""

import importlib
import importlib.util
import json
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from processors import prepared
from processors.ocr.rapid import fewer_passes, int8

# To OpenVINO every width of line and size of page is a shape of its own, and it keeps up to 5,000
# prepared layers of each kind: some 80 MiB more with every receipt. For the detector ten cost no
# measurable time. The recognizer's are small, and its widths change within each page.
_CACHED_BY_DETECTOR = 10
_CACHED_BY_RECOGNIZER = 100
_SETTINGS = {
    "INFERENCE_NUM_THREADS": 1,
    "NUM_STREAMS": 1,
    "PERFORMANCE_HINT": "LATENCY",
}
_TILES = "amx"  # in the runtime's names of its implementations
_CONVERTERS = "openvino.tools.ovc"
_DETECTOR = "detector"
_LONGEST_ALPHABET = 2**20  # bytes of JSON; 18,000 characters take a fifth of it
# From U+2E80 (CJK Radicals Supplement) on, Unicode has the scripts of East Asia, and pictograms.
_FIRST_EAST_ASIAN = "\u2e80"


class Network(Protocol):
    """One network, loaded."""

    def run(self, pixels: Any) -> Any:
        """Return the output for one input; the next run overwrites it."""


def runtime() -> str:
    """Name the inference runtime that will be used."""
    return "openvino" if importlib.util.find_spec("openvino") else "onnxruntime"


def imported_openvino() -> Any:
    """Import OpenVINO without its converters, which take longer to import than the rest of it.

    It does without them where they are not installed, and they import TensorFlow's front end.
    """
    if "openvino" not in sys.modules:
        sys.modules[_CONVERTERS] = None  # type: ignore[assignment]  # "is not installed"
        try:
            importlib.import_module("openvino")
        finally:
            del sys.modules[_CONVERTERS]
    return sys.modules["openvino"]


def recipes(
    *, detector: Path, recognizer: Path, east_asian: bool, digests: Sequence[str] = ()
) -> Iterator[prepared.Recipe]:
    """Yield how to compile the networks, which takes longer than to read a receipt.

    The files are the models; `digests` are those of the user's: size and date do not identify
    them. What is compiled suits processors with the same instructions. ONNX
    Runtime compiles nothing.
    """
    if runtime() != "openvino":
        return
    # Not for a command, which only asks what is installed.
    import importlib.metadata

    ranges = Path(int8.__file__).with_name(int8.RANGES)
    code = (__file__, fewer_passes.__file__, int8.__file__, ranges)
    made_from = (
        importlib.metadata.version("openvino"),
        platform.machine(),
        int8.instructions(),
        *digests,
        *(prepared.source(Path(file)) for file in code),
    )
    yield prepared.Recipe(
        _DETECTOR,
        (*made_from, prepared.source(detector)),
        partial(_exported, partial(_compiled_detector, detector)),
    )
    yield prepared.Recipe(
        _recognizer_name(east_asian=east_asian),
        (*made_from, prepared.source(recognizer)),
        partial(_exported, partial(_compiled_recognizer, recognizer, east_asian=east_asian)),
    )


def detector(file: Path) -> Network:
    """Load the network that marks text on a page."""
    if runtime() != "openvino":
        return _OnnxNetwork(file)
    compiled, _ = _imported(_DETECTOR, _CACHED_BY_DETECTOR) or _compiled_detector(file)
    return _OpenVinoNetwork(compiled)


def recognizer(file: Path, *, east_asian: bool) -> tuple[Network, Sequence[str]]:
    """Load the network that reads a line, and the characters of its outputs.

    The first one is CTC's blank. Nine of ten characters are East Asian. Unless such a language is
    requested they are removed from the last layer, which saves a sixth of the time and keeps them
    from turning up in smudged Latin words.
    """
    if runtime() != "openvino":
        network = _OnnxNetwork(file)
        characters = _alphabet(network.metadata.get("character", ""))
        kept = _kept_outputs(characters, east_asian=east_asian)
        return _PartialNetwork(network, kept), [characters[index] for index in kept]
    ready = _imported(_recognizer_name(east_asian=east_asian), _CACHED_BY_RECOGNIZER)
    compiled, ready_characters = ready or _compiled_recognizer(file, east_asian=east_asian)
    return _OpenVinoNetwork(compiled), ready_characters


def _recognizer_name(*, east_asian: bool) -> str:
    return "recognizer-east-asian" if east_asian else "recognizer"


def _compiled_detector(file: Path) -> tuple[Any, Sequence[str]]:
    model = _model(file)
    fewer_passes.join_upsamplings(model)
    return _compiled(model, _CACHED_BY_DETECTOR), ()


def _compiled_recognizer(file: Path, *, east_asian: bool) -> tuple[Any, Sequence[str]]:
    """Compile the recognizer; return it and the characters of its outputs."""
    model = _model(file)
    path = ["framework", "character"]
    listed = model.get_rt_info(path).astype(str) if model.has_rt_info(path) else ""
    characters = _alphabet(listed)
    if not east_asian:
        kept = _kept_outputs(characters, east_asian=False)
        remove_outputs(model, kept)
        characters = [characters[index] for index in kept]
    if int8.has_tiles():
        compiled = _compiled(model, _CACHED_BY_RECOGNIZER)
        # A system may keep the instructions from a process: then bytes take a third of the time.
        if _uses_tiles(compiled):
            return compiled, characters
    if steps := int8.weight_steps():
        int8.quantize(model, int8.ranges_of(file), steps=steps)
    return _compiled(model, _CACHED_BY_RECOGNIZER), characters


def _uses_tiles(compiled: Any) -> bool:
    """Say whether the runtime chose tiles for a network's convolutions."""
    chosen = [
        str(operation.get_rt_info()["primitiveType"].value)
        for operation in compiled.get_runtime_model().get_ops()
    ]
    return any(_TILES in name for name in chosen)


def _exported(compile_network: Callable[[], tuple[Any, Sequence[str]]]) -> bytes:
    """Return a compiled network as bytes: a line of JSON with its characters, then itself."""
    compiled, characters = compile_network()
    exported: bytes = compiled.export_model().getvalue()
    return json.dumps(list(characters)).encode() + b"\n" + exported


def _imported(name: str, cached: int) -> tuple[Any, Sequence[str]] | None:
    """Return a network that was compiled before and its characters, None without one."""
    content = prepared.content(name)
    if content is None:
        return None
    import numpy as np

    openvino = imported_openvino()
    end = bytes(content[:_LONGEST_ALPHABET]).index(b"\n")
    exported = openvino.Tensor(np.frombuffer(content[end + 1 :], dtype=np.uint8))
    try:
        network = openvino.Core().import_model(exported, "CPU", _settings(cached))
    except RuntimeError:  # made by another build of this version
        return None
    return network, json.loads(bytes(content[:end]))


def _alphabet(lines: str) -> list[str]:
    """Return the model's characters with those that its list omits: blank and space.

    Raises:
        ValueError: there is no list; such a network reads no lines.
    """
    if not lines:
        raise ValueError("the metadata of the network has no list of its characters")
    return ["", *lines.splitlines(), " "]


def _kept_outputs(characters: Sequence[str], *, east_asian: bool) -> Sequence[int]:
    """Return the indexes of the characters to keep."""
    if east_asian:
        return range(len(characters))
    return [index for index, character in enumerate(characters) if character < _FIRST_EAST_ASIAN]


def _model(file: Path) -> Any:
    return imported_openvino().Core().read_model(file)


def remove_outputs(model: Any, kept: Sequence[int]) -> None:
    """Reduce the columns of the last layer to those kept.

    The softmax after it distributes over them alone.
    """
    opset13 = imported_openvino().opset13
    operations = model.get_ordered_ops()
    for kind in ("MatMul", "Add"):  # the weights and the bias
        last = [operation for operation in operations if operation.get_type_name() == kind][-1]
        weights = last.input_value(1).get_node().data[..., list(kept)].copy()
        last.input(1).replace_source_output(opset13.constant(weights).output(0))
    model.validate_nodes_and_infer_types()


def _compiled(model: Any, cached: int) -> Any:
    return imported_openvino().Core().compile_model(model, "CPU", _settings(cached))


def _settings(cached: int) -> dict[str, Any]:
    """Return the settings of a network that keeps so many prepared layers of each kind."""
    return {**_SETTINGS, "CPU_RUNTIME_CACHE_CAPACITY": cached}


class _OpenVinoNetwork:
    def __init__(self, compiled: Any) -> None:
        self._request = compiled.create_infer_request()

    def run(self, pixels: Any) -> Any:
        """Return the only output."""
        # Not copied: the request keeps the pixels until the next run.
        self._request.infer([pixels], share_inputs=True)
        return self._request.get_output_tensor().data


class _OnnxNetwork:
    def __init__(self, file: Path) -> None:
        """Load without the memory arena, which would grow with every new shape."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # fatal errors only
        options.enable_cpu_mem_arena = False
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )
        self.metadata: dict[str, str] = self._session.get_modelmeta().custom_metadata_map

    def run(self, pixels: Any) -> Any:
        """Return the only output."""
        return self._session.run(None, {self._session.get_inputs()[0].name: pixels})[0]


class _PartialNetwork:
    """A network of which only some outputs are used, scaled so that they sum to 1.

    Removing the others from the file would need the package onnx, which nothing else here needs.
    """

    def __init__(self, network: Network, kept: Sequence[int]) -> None:
        self._network = network
        self._kept = kept

    def run(self, pixels: Any) -> Any:
        """Return the probabilities of the outputs that are kept."""
        import numpy as np

        kept = np.take(self._network.run(pixels), self._kept, axis=-1)
        total = kept.sum(axis=-1, keepdims=True)
        return kept / total.clip(min=np.finfo(np.float32).tiny)
