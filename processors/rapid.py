"""RapidOCR with the models its wheel carries, on OpenVINO where that is installed, else on ONNX Runtime."""

import importlib.util
import logging
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from processors.contract import EngineMissing, Segment

if TYPE_CHECKING:
    from PIL import Image

VERSION = "1"

_DETECTION_SIDE_PX = 960  # lines are found on a page shrunk to this; they are read at full size
_MODELS = {
    "Det": "PP-OCRv6_det_small.onnx",
    "Rec": "PP-OCRv6_rec_small.onnx",
    "Cls": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
}
_LEAST_SCORE = 0.5
_SHAPES_KEPT = 10


def model_files() -> dict[str, Path]:
    """Return the model files inside the installed wheel by stage.

    Raises:
        EngineMissing: rapidocr or a model is not installed. Nothing is ever downloaded.
    """
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise EngineMissing('RapidOCR is not installed; install the package "rapidocr" or set ocr = "tesseract".')
    folder = Path(spec.origin).parent / "models"
    files = {stage: folder / name for stage, name in _MODELS.items()}
    missing = [file.name for file in files.values() if not file.is_file()]
    if missing:
        raise EngineMissing(
            f'This rapidocr carries no {", ".join(missing)}; install the locked version or set ocr = "tesseract".'
        )
    return files


def runtime() -> str:
    """Name the inference runtime that will be used."""
    return "openvino" if importlib.util.find_spec("openvino") else "onnxruntime"


class RapidEngine:
    """Keeps three small networks loaded and runs them on one thread."""

    def __init__(self) -> None:
        """Load detection and recognition; about a second and half a GiB."""
        self.name = f"rapidocr ({runtime()})"
        self._ocr = _load(model_files(), runtime())

    def recognise(self, image: "Image.Image", *, dpi: float) -> Sequence[Segment]:
        """Return the lines found, whatever the resolution."""
        import numpy as np

        del dpi
        pixels = np.asarray(image.convert("RGB"))[:, :, ::-1]
        found = self._ocr(np.ascontiguousarray(pixels))
        boxes, texts, scores = (
            getattr(found, "boxes", None),
            getattr(found, "txts", None),
            getattr(found, "scores", None),
        )
        if boxes is None or texts is None or scores is None:
            return []
        return [_segment(box, text, score) for box, text, score in zip(boxes, texts, scores, strict=True)]


def _load(files: dict[str, Path], engine: str) -> Any:
    from rapidocr import EngineType, RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    parameters: dict[str, object] = {
        "Global.log_level": "critical",
        "Global.use_cls": False,  # pages arrive upright; turned lines would cost a network run each
        "Global.text_score": _LEAST_SCORE,
        "Det.limit_type": "max",
        "Det.limit_side_len": _DETECTION_SIDE_PX,
        "EngineConfig.openvino.inference_num_threads": 1,
        "EngineConfig.openvino.num_streams": 1,
        "EngineConfig.openvino.performance_hint": "LATENCY",
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    for stage, file in files.items():
        parameters[f"{stage}.engine_type"] = EngineType(engine)
        parameters[f"{stage}.model_path"] = str(file)
    ocr: Any = RapidOCR(params=parameters)
    ocr._load_det_model()  # noqa: SLF001 - rapidocr loads at the first page; a warm child should have done so
    ocr._load_rec_model()  # noqa: SLF001 - the same
    if engine == "openvino":
        for stage in (ocr.text_det, ocr.text_rec):
            _remember_few_shapes(stage.session)
    return ocr


def _remember_few_shapes(session: Any) -> None:
    """Compile a network again with a small cache of prepared shapes.

    Every width of line and size of page is a shape of its own to OpenVINO, which keeps what it prepared for up to
    5,000 of them: some 80 MiB more with every receipt. rapidocr has no setting for it. Ten cost no measurable time.
    """
    from openvino import Core

    settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
    compiled = Core().compile_model(session.model, "CPU", {**settings, "CPU_RUNTIME_CACHE_CAPACITY": _SHAPES_KEPT})
    session.session = compiled.create_infer_request()


def _segment(corners: Any, text: str, score: float) -> Segment:
    """Turn four corners, clockwise from the top left, into an upright box and a slope."""
    xs, ys = [float(corner[0]) for corner in corners], [float(corner[1]) for corner in corners]
    angle = math.degrees(math.atan2(ys[1] - ys[0], xs[1] - xs[0]))
    return Segment(text=str(text), box=(min(xs), min(ys), max(xs), max(ys)), confidence=float(score), angle_deg=angle)
