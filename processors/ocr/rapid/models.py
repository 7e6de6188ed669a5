"""Find the networks: those in rapidocr's wheel, or those of the user."""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from processors.contract import EngineMissing, ModelFile, OcrModels

# PP-OCRv6 of PaddleOCR (Apache License 2.0), converted to ONNX, in the package's folder "models".
DETECTION = "PP-OCRv6_det_small.onnx"
RECOGNITION = "PP-OCRv6_rec_small.onnx"

_SHOWN_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Networks:
    """The files of both networks.

    `name` distinguishes recognizers, also two of one file name.

    `is_own` is True for a recognizer of the user.
    """

    detection: Path
    recognition: Path
    name: str
    is_own: bool


def networks_of(models: OcrModels) -> Networks:
    """Return the networks to read with. Nothing is ever downloaded.

    Raises:
        EngineMissing: rapidocr, a network in it or a file of the user is not there.
    """
    detection = _own(models.detection) or _packaged(DETECTION)
    recognition = _own(models.recognition) or _packaged(RECOGNITION)
    name = recognition.stem
    if models.recognition is not None:
        name = f"{name} {models.recognition.sha256[:_SHOWN_DIGITS]}"
    return Networks(detection, recognition, name, is_own=models.recognition is not None)


def verify(models: OcrModels) -> None:
    """Compare the bytes of the user's networks with their SHA-256.

    Raises:
        EngineMissing: they differ, or a file cannot be read.
    """
    for model in (models.detection, models.recognition):
        if model is None:
            continue
        try:
            with model.path.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as exc:
            raise EngineMissing(f"The model {model.path} cannot be read: {exc.strerror}.") from exc
        if found != model.sha256.lower():
            raise EngineMissing(
                f"The model {model.path} has the SHA-256 {found}, not {model.sha256.lower()}. "
                "Get the file again, or correct the setting if you trust this one."
            )


def files(models: OcrModels) -> tuple[Path, ...]:
    """Return the files of the user, which a reader process must be able to read."""
    own = (models.detection, models.recognition)
    return tuple(model.path for model in own if model is not None)


def digests(models: OcrModels) -> tuple[str, ...]:
    """Return the SHA-256 of the user's networks, each with what it is for."""
    own = {"detection": models.detection, "recognition": models.recognition}
    return tuple(f"{part} {one.sha256.lower()}" for part, one in own.items() if one is not None)


def _own(model: ModelFile | None) -> Path | None:
    if model is None:
        return None
    if not model.path.is_file():
        raise EngineMissing(f"There is no model {model.path}. Nothing is downloaded.")
    return model.path


def _packaged(file_name: str) -> Path:
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise EngineMissing(
            'RapidOCR is not installed. Install the package "rapidocr" or set ocr = "tesseract".'
        )
    file = Path(spec.origin).parent / "models" / file_name
    if not file.is_file():
        raise EngineMissing(
            f"This version of rapidocr does not contain {file_name}. "
            'Install the locked version or set ocr = "tesseract".'
        )
    return file
