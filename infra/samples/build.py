"""Draw every sample, and write the seed folder."""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from infra.samples.account import account
from infra.samples.documents import (
    draw_contract,
    draw_damaged,
    draw_encrypted,
    draw_mixed,
    draw_resume,
    draw_statement,
)
from infra.samples.invoices import COURIER, OFFICE, WEB, draw_invoice
from infra.samples.office import draw_docx, draw_mail, draw_xlsx
from infra.samples.receipts import draw_card_slips, draw_receipts
from infra.samples.sample import Sample
from infra.samples.scans import draw_delivery_note, draw_fax, draw_letter, draw_medical_letter

_FIRST_UPLOAD = datetime(2026, 6, 15, 8, 30, tzinfo=UTC)
_UPLOAD_INTERVAL = timedelta(hours=7)


def draw_samples(target: Path, *, seed: int = 7) -> Path:
    """Write a seed folder for the emulator and return it.

    It has `account.json`, the files, and `truth.json` with the expected values, for tests. The same
    seed gives the same bytes, except for the encrypted PDF, whose salt is random.
    """
    rng = np.random.default_rng(seed)
    # The documents share one random generator, so their order decides their bytes.
    receipts = draw_receipts(rng=rng)
    slips = draw_card_slips(rng=rng)
    groups = {
        "attachments": [
            *receipts,
            replace(receipts[0], name="IMG_4471 (1).jpg"),
            draw_invoice(COURIER),
            Sample(name="upload.jpg", data=b"", doc_type=None, status="empty"),
            *slips,
        ],
        "inbox": [
            draw_invoice(OFFICE),
            draw_invoice(WEB),
            draw_contract(),
            draw_mixed(scan=draw_delivery_note(rng=rng)),
            draw_statement(),
            draw_docx(),
            draw_xlsx(),
            draw_mail(),
            draw_encrypted(),
            draw_damaged(),
        ],
        "mailroom": [
            draw_letter(rng=rng),
            draw_fax(rng=rng),
            draw_medical_letter(rng=rng),
            draw_resume(),
        ],
    }
    paths: dict[str, dict[str, str]] = {}
    truth: dict[str, object] = {}
    for group, samples in groups.items():
        paths[group] = write(target, group, samples)
        truth |= {sample.name: sample.truth(paths[group][sample.name]) for sample in samples}
    _write_json(target / "account.json", account(**paths))
    _write_json(target / "truth.json", truth)
    return target


def write(target: Path, group: str, samples: Sequence[Sample]) -> dict[str, str]:
    """Write files and return their paths in the seed folder, by name."""
    folder = target / group
    folder.mkdir(parents=True, exist_ok=True)
    for number, sample in enumerate(samples):
        path = folder / sample.name
        path.write_bytes(sample.data)
        # The emulator lists the file's date, so each has its own, and the same every time.
        uploaded = (_FIRST_UPLOAD + number * _UPLOAD_INTERVAL).timestamp()
        os.utime(path, (uploaded, uploaded))
    return {sample.name: f"{group}/{sample.name}" for sample in samples}


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
