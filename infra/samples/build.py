"""Draws every sample and lays out the seed folder."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from infra.samples.invoices import COURIER, OFFICE, WEB, draw_invoice
from infra.samples.office import draw_docx, draw_mail, draw_xlsx
from infra.samples.receipts import draw_card_slips, draw_receipts
from infra.samples.records import (
    draw_contract,
    draw_damaged,
    draw_encrypted,
    draw_mixed,
    draw_resume,
    draw_statement,
)
from infra.samples.sample import Sample
from infra.samples.scans import draw_delivery_note, draw_fax, draw_letter, draw_medical_letter
from infra.samples.seeds import account

_UPLOADED = datetime(2026, 6, 15, 8, 30, tzinfo=UTC)


def draw_samples(target: Path, *, seed: int = 7) -> Path:
    """Write a seed folder for the emulator and return it: `account.json`, the files, and `truth.json` for tests.

    The same seed gives the same bytes, but for the encrypted PDF, whose salt is random.
    """
    rng = np.random.default_rng(seed)
    groups = {
        "attachments": _attachments(rng=rng),
        "inbox": _inbox(rng=rng),
        "mailroom": [
            draw_letter(rng=rng),
            draw_fax(rng=rng),
            draw_medical_letter(rng=rng),
            draw_resume(),
        ],
    }
    places = {group: _write(target, group, samples) for group, samples in groups.items()}
    _write_json(target / "account.json", account(**places))
    _write_json(target / "truth.json", _truth(groups, places))
    return target


def _attachments(*, rng: np.random.Generator) -> list[Sample]:
    receipts = draw_receipts(rng=rng)
    twin = replace(receipts[0], name="IMG_4471 (1).jpg")
    empty = Sample(name="upload.jpg", data=b"", doc_type=None, status="empty")
    return [*receipts, twin, draw_invoice(COURIER), empty, *draw_card_slips(rng=rng)]


def _inbox(*, rng: np.random.Generator) -> list[Sample]:
    return [
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
    ]


def _write(target: Path, group: str, samples: Sequence[Sample]) -> dict[str, str]:
    """Write files dated as if uploaded one after another; return each name's path within the seed folder."""
    folder = target / group
    folder.mkdir(parents=True, exist_ok=True)
    for number, sample in enumerate(samples):
        path = folder / sample.name
        path.write_bytes(sample.data)
        uploaded = (_UPLOADED + number * timedelta(hours=7)).timestamp()
        os.utime(path, (uploaded, uploaded))
    return {sample.name: f"{group}/{sample.name}" for sample in samples}


def _truth(
    groups: Mapping[str, Sequence[Sample]], places: Mapping[str, Mapping[str, str]]
) -> dict[str, object]:
    return {
        sample.name: {
            "path": places[group][sample.name],
            "doc_type": sample.doc_type,
            "fields": dict(sample.fields),
            "phrases": list(sample.phrases),
            "status": sample.status,
            "media_type": sample.media_type,
        }
        for group, samples in groups.items()
        for sample in samples
    }


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
