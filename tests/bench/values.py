"""Measure found values and classes against real documents: `python -m tests.bench.values [FOLDER] [TEXTS]`.

FOLDER is a corpus with manifest.jsonl; TEXTS a folder of `<id>.json` files, each a list of page texts read by an OCR
engine or from a text layer. Reference texts in FOLDER/gt are measured too, where there are any.
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from time import perf_counter

from pipeline.model import PageText
from processors.classify import classifier as classify
from processors.contract import Page
from processors.values import find_values

DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "dev"
NAMES = {
    "date": "date",
    "invoice_date": "date",
    "company": "company",
    "seller": "company",
    "address": "address",
    "effective_date": "date",
    "total": "total",
    "net": "net",
    "tax": "tax",
    "currency": "currency",
    "invoice_number": "invoice_number",
    "buyer": "buyer",
    "due": "amount_due",
    "due_date": "due_date",
    "period": "period",
    "order_number": "order_number",
    "vat_id": "vat_id",
    "buyer_vat_id": "buyer_vat_id",
    "iban": "iban",
}
CLASSES = {
    "id_document": "identity_document",
    "tax_form": "form",
    "scientific_publication": "other",
}
"""The corpus's words for classes that are called otherwise here; a tax form is a form."""


@dataclass(slots=True)
class Score:
    """Counts for one kind of value: right, wrong, missed, and found where the truth is unknown."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    examples: list[str] = field(default_factory=list)

    def row(self) -> tuple[int, float, float, float]:
        """Return the number of truths, precision, recall and F1."""
        found, asked = self.right + self.wrong, self.right + self.wrong + self.missed
        precision, recall = self.right / max(found, 1), self.right / max(asked, 1)
        return asked, precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def folded(text: str) -> str:
    """Leave letters and digits only, in lower case."""
    return re.sub(r"[^\w]", "", text.casefold())


def same_date(truth: str, value: str) -> bool:
    """Compare a printed date with an ISO one, the printed one day first where it can be."""
    numbers = re.findall(r"\d+", truth)
    year, month, day = value.split("-")
    if len(numbers) == 1 and len(numbers[0]) == len("20260304"):
        numbers = [numbers[0][:4], numbers[0][4:6], numbers[0][6:]]
    if len(numbers) == 3 and len(numbers[0]) < 4:
        printed = [int(numbers[0]), int(numbers[1])]
        # No month is the thirteenth.
        if printed[1] > 12:
            printed.reverse()
        return [*printed, int(numbers[2]) % 100] == [int(day), int(month), int(year) % 100]
    if len(numbers) == 3:
        return [int(n) for n in numbers] == [int(year), int(month), int(day)]
    months = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    return months[int(month) - 1] in truth.lower() and int(numbers[0]) == int(day)


def same(name: str, truth: str, value: str) -> bool:
    """Compare a value with the truth as its kind asks."""
    if name in {"date", "due_date"}:
        return same_date(truth, value)
    if name in {"total", "net", "tax", "amount_due"}:
        try:
            return Decimal(re.sub(r"[^\d.\-]", "", truth)) == Decimal(value)
        except InvalidOperation:
            return False
    return folded(truth) == folded(value)


def texts_of(
    row: Mapping[str, object], *, folder: Path, extra: Path | None
) -> Iterator[tuple[str, list[str]]]:
    """Yield the readings of one document: the reference's and the engine's."""
    reference = row.get("gt_text_path")
    if isinstance(reference, str):
        yield "reference", [(folder / reference).read_text(encoding="utf-8", errors="replace")]
    read = extra / f"{row['id']}.json" if extra else None
    if read and read.exists():
        yield "read", json.loads(read.read_text(encoding="utf-8"))


def pages_of(texts: Sequence[str]) -> list[Page]:
    """Make pages of texts."""
    return [
        Page(PageText(number=n, source="ocr", engine=None, confidence=None, text=text))
        for n, text in enumerate(texts, 1)
    ]


def measure(
    folder: Path, extra: Path | None
) -> tuple[dict[tuple[str, str, str], Score], list[float]]:
    """Score every labeled document; the key is (reading, kind of document, kind of value)."""
    scores: dict[tuple[str, str, str], Score] = defaultdict(Score)
    seconds: list[float] = []
    for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for reading, texts in texts_of(row, folder=folder, extra=extra):
            pages = pages_of(texts)
            started = perf_counter()
            doc_type = classify.classify(pages, media_type=row.get("media", ""))
            found = find_values(pages, doc_class=doc_type.value)
            seconds.append(perf_counter() - started)
            truths = {
                NAMES[k]: str(v)
                for k, v in (row["labels"].get("fields") or {}).items()
                if k in NAMES
            }
            for name, truth in truths.items():
                value = found[name].value if name in found else None
                note(
                    scores[reading, row["kind"], name],
                    row["id"],
                    truth,
                    value,
                    ok=value is not None and same(name, truth, value),
                )
            label = row["labels"].get("doc_class")
            if label:
                truth = CLASSES.get(label, label)
                note(
                    scores[reading, "class", truth],
                    row["id"],
                    truth,
                    doc_type.value,
                    ok=doc_type.value == truth,
                )
    return scores, seconds


def note(score: Score, name: str, truth: str, value: str | None, *, ok: bool) -> None:
    """Count one comparison, keeping what went wrong."""
    if ok:
        score.right += 1
        return
    score.wrong += value is not None
    score.missed += value is None
    score.examples.append(f"{name}: {truth!r} read as {value!r}")


def main(arguments: Sequence[str]) -> int:
    """Print the table, and with -v each miss."""
    places = [Path(argument) for argument in arguments if argument != "-v"]
    folder = places[0] if places else DEFAULT
    if not (folder / "manifest.jsonl").exists():
        sys.stdout.write(f"There is no corpus at {folder}; give the folder with manifest.jsonl.\n")
        return 0
    scores, seconds = measure(folder, places[1] if len(places) > 1 else None)
    sys.stdout.write(
        f"{'text':10} {'documents':12} {'value':18} {'n':>4} {'P':>6} {'R':>6} {'F1':>6}\n"
    )
    for (reading, kind, name), score in sorted(scores.items()):
        count, precision, recall, f1 = score.row()
        sys.stdout.write(
            f"{reading:10} {kind:12} {name:18} {count:4} {precision:6.3f} {recall:6.3f} {f1:6.3f}\n"
        )
        for example in score.examples if "-v" in arguments else ():
            sys.stdout.write(f"    {example}\n")
    ordered = [1000 * each for each in sorted(seconds)]
    middle = ordered[len(ordered) // 2]
    sys.stdout.write(
        f"{len(ordered)} texts, median {middle:.1f} ms, slowest {ordered[-1]:.0f} ms\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
