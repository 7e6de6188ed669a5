"""Recognize the language of a document with py3langid, whose model is part of the package."""

import importlib.util
import json
import math
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.model import Finding
from processors import prepared
from processors.values.lines import TextLine

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# More text does not change the result but costs time; a page has about 3,000 characters.
_MOST_CHARS = 6_000
# With fewer letters the model guesses: a receipt of numbers and brand names has no language.
_LEAST_LETTERS = 40
_LEAST_PROBABILITY = 0.5

_LEAST_SHARE_OF_LETTERS = 0.6
"""Share of letters in a line that counts: numbers and codes have no language."""


_UNPACKED = "language"
_VERSION = "1"  # of the layout of the unpacked model
_ALIGNMENT_BYTES = 64
_LONGEST_HEADER = 2**16


def recipes() -> Iterator[prepared.Recipe]:
    """Yield how to unpack the model, which takes most of the time of loading it."""
    spec = importlib.util.find_spec("py3langid")
    if spec is None or spec.origin is None:
        return
    packed = sorted(Path(spec.origin).parent.glob("data/*"))
    yield prepared.Recipe(_UNPACKED, (_VERSION, *map(prepared.source, packed)), _unpack)


def _unpack() -> bytes:
    """Return the arrays of the model one after the other, after a line of JSON about them."""
    import numpy as np

    model = _packed_model()
    arrays = {
        "ptc": np.ascontiguousarray(model.nb_ptc),
        "pc": np.ascontiguousarray(model.nb_pc),
        "nextmove": np.asarray(model.tk_nextmove),
        "row": np.asarray(model.tk_row),
        "output": np.asarray(model.tk_output, dtype=np.int32),
    }
    header = {
        "classes": model.nb_classes,
        "arrays": [[name, one.dtype.str, one.shape] for name, one in arrays.items()],
    }
    line = json.dumps(header).encode()
    # Arrays begin where a processor reads them fastest.
    padding = b" " * (-(len(line) + 1) % _ALIGNMENT_BYTES) + b"\n"
    return b"".join([line, padding, *(_aligned(one.tobytes()) for one in arrays.values())])


def _aligned(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % _ALIGNMENT_BYTES)


@cache
def _identifier() -> "LanguageIdentifier":
    """Load the model once; it takes a third of a second unless it was unpacked before."""
    unpacked = prepared.content(_UNPACKED)
    return _packed_model() if unpacked is None else _unpacked_model(unpacked)


def _packed_model() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _unpacked_model(content: memoryview) -> "LanguageIdentifier":
    """Build the model from arrays that stay in the file: processes share their memory."""
    import numpy as np
    from py3langid.langid import LanguageIdentifier

    offset = bytes(content[:_LONGEST_HEADER]).index(b"\n") + 1
    header = json.loads(bytes(content[:offset]))
    arrays = {}
    for name, kind, shape in header["arrays"]:
        count = math.prod(shape)
        arrays[name] = np.frombuffer(content, kind, count, offset).reshape(shape)
        size = arrays[name].nbytes
        offset += size + -size % _ALIGNMENT_BYTES
    return LanguageIdentifier(
        arrays["ptc"],
        arrays["pc"],
        header["classes"],
        # The automaton is walked in Python, which reads these faster than arrays of numpy.
        arrays["nextmove"].data,
        arrays["output"].tolist(),
        tk_row=arrays["row"].tolist(),
        norm_probs=True,
    )


def find_language(lines: Sequence[TextLine]) -> Finding | None:
    """Return the ISO 639-1 code of the main language; None if there is too little text."""
    text = running_text(lines)
    letters = sum(map(str.isalpha, text))
    if letters < _LEAST_LETTERS:
        return None

    code, probability = _identifier().classify(text)
    # The model is certain of short texts, too: below 400 letters the confidence is reduced.
    confidence = round(min(0.99, float(probability)) * min(1.0, 0.6 + letters / 1000), 2)
    if probability < _LEAST_PROBABILITY:
        reason = f"{letters} letters do not point to one language; the most likely one is {code}"
        return Finding(None, confidence, reason)
    return Finding(str(code), confidence, f"{letters} letters of the text point to it")


def running_text(lines: Sequence[TextLine]) -> str:
    """Return the lines that consist of words, in lower case.

    The model was trained on running text: text in capital letters misleads it.
    """
    chosen: list[str] = []
    length = 0
    for line in lines:
        letters = sum(map(str.isalpha, line.text))
        if letters > _LEAST_SHARE_OF_LETTERS * len(line.text):
            chosen.append(line.text.lower())
            length += len(line.text)
        if length > _MOST_CHARS:
            break
    return "\n".join(chosen)[:_MOST_CHARS]
