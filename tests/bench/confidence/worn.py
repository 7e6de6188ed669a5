"""Copy the pictures of a corpus as a poor camera would have taken them.

OCR misreads more of them, and the truth stays the same: so there are enough wrong values to learn
which of them OCR was unsure of.
"""

import json
from pathlib import Path

from PIL import Image, ImageFilter

_SCALE = 0.6
_BLUR = 0.7
_QUALITY = 35


def worn_corpus(corpus: Path, folder: Path, *, kind: str) -> Path:
    """Write the worn pictures of a kind and their manifest to a folder, and return it.

    A folder that has a manifest stays as it is.
    """
    if (folder / "manifest.jsonl").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[str] = []
    for line in (corpus / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["kind"] != kind:
            continue
        name = f"worn-{row['id']}.jpg"
        with Image.open(corpus / row["path"]) as picture:
            size = (round(picture.width * _SCALE), round(picture.height * _SCALE))
            small = picture.convert("L").resize(size, Image.Resampling.BILINEAR)
        small.filter(ImageFilter.GaussianBlur(_BLUR)).save(folder / name, quality=_QUALITY)
        rows.append(json.dumps(row | {"id": f"worn-{row['id']}", "path": name, "kind": "worn"}))
    (folder / "manifest.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder
