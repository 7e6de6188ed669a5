"""Compare OCR with the programs in use today: `make bench-read`.

Arguments: `BENCH_ARGS="--json FILE --every N"`.

Every picture of the corpus with a reference text is read by the project's engine, by the command
`tesseract`, and by OCRmyPDF where that is installed, in one run. CPU seconds, never the clock:
others may use the machine.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from processors.contract import Limits, PageReader, ReadSettings
from processors.ocr import engines, images
from processors.ocr.page import recognize_page
from processors.values import find_values
from tests.bench.values import DEFAULT, NAMES, Score, note, pages_of, same

_GLYPH_WITHOUT_MEANING = re.compile(r"\(cid:\d+\)")
"""What references taken from PDF files have for a glyph without meaning."""

_PROSE = re.compile(r"[^\W\d_]{3,}")
"""Words of at least three letters.

References taken from typesetting files have formulas in pieces, each in another way. Sentences are
measured apart from them.
"""

Reader = Callable[[Path], str]


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture, its kind, what it says, and the values on it."""

    path: Path
    kind: str
    reference: str
    values: dict[str, str]


@dataclass(slots=True)
class Words:
    """Words right, read and asked for, ignoring order and case."""

    pattern: re.Pattern[str] = re.compile(r"\w+")
    right: int = 0
    read: int = 0
    asked: int = 0

    def add(self, reference: str, text: str) -> None:
        """Count one page."""
        asked, read = (Counter(self.pattern.findall(each.casefold())) for each in (reference, text))
        self.right += (asked & read).total()
        self.read += read.total()
        self.asked += asked.total()

    def scores(self) -> tuple[float, float, float]:
        """Return precision, recall and F1."""
        total = self.read + self.asked
        return (
            self.right / max(self.read, 1),
            self.right / max(self.asked, 1),
            2 * self.right / max(total, 1),
        )


@dataclass(frozen=True, slots=True)
class Row:
    """What one reader made of one kind. `ratio` is its CPU to that of the command tesseract.

    `prose_f1` counts words of at least three letters only.
    """

    reader: str
    kind: str
    pages: int
    cpu_s_per_page: float
    pages_per_s_all_cores: float
    precision: float
    recall: float
    f1: float
    prose_f1: float
    ratio: float | None = None


def samples(folder: Path, every: int) -> Iterator[Sample]:
    """Yield the pictures that have a reference text."""
    rows = [
        json.loads(line)
        for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    with_text = [
        row for row in rows if row["media"].startswith("image/") and row.get("gt_text_path")
    ]
    for row in with_text[::every]:
        reference = (folder / row["gt_text_path"]).read_text(encoding="utf-8", errors="replace")
        fields = row["labels"].get("fields") or {}
        values = {NAMES[name]: str(value) for name, value in fields.items() if name in NAMES}
        yield Sample(
            folder / row["path"], row["kind"], _GLYPH_WITHOUT_MEANING.sub(" ", reference), values
        )


def by_project(engine: PageReader) -> Reader:
    """Return a reader that does what `caspio-ingest read` does, with the engine loaded."""

    def read(path: Path) -> str:
        with images.opened(path, Limits()) as opened:
            image = images.upright(opened, Limits())
            return recognize_page(
                image, number=1, dpi=images.dpi_of(opened), engine=lambda: engine
            ).text.text

    return read


def by_tesseract(path: Path) -> str:
    """Call the program as a user would."""
    return _printed(["tesseract", str(path), "stdout"])


def by_ocrmypdf(path: Path) -> str:
    """Make a searchable PDF and keep the text beside it."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        command = [
            "ocrmypdf",
            "--jobs",
            "1",
            "--image-dpi",
            "200",
            "--output-type",
            "pdf",
            "--sidecar",
            str(text),
        ]
        _printed([*command, str(path), str(Path(folder) / "out.pdf")])
        return text.read_text(encoding="utf-8") if text.exists() else ""


def _printed(command: list[str]) -> str:
    environment = os.environ | {"OMP_THREAD_LIMIT": "1"}
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, check=False
    ).stdout


def measured(name: str, reader: Reader, kind: str, pages: list[Sample]) -> tuple[Row, list[str]]:
    """Read all pages of a kind; return the figures and the texts."""
    words, prose = Words(), Words(_PROSE)
    before = _cpu_s()
    texts = [reader(page.path) for page in pages]
    cpu_s = (_cpu_s() - before) / len(pages)
    for page, text in zip(pages, texts, strict=True):
        words.add(page.reference, text)
        prose.add(page.reference, text)
    precision, recall, f1 = words.scores()
    per_s = (os.cpu_count() or 1) / cpu_s
    return Row(
        name, kind, len(pages), cpu_s, per_s, precision, recall, f1, prose.scores()[2]
    ), texts


def _cpu_s() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def value_scores(pages: list[Sample], texts: list[str]) -> dict[str, Score]:
    """Compare the values found in what was read with those printed on the page."""
    scores: dict[str, Score] = defaultdict(Score)
    for page, text in zip(pages, texts, strict=True):
        found = find_values(pages_of([text]))
        for name, truth in page.values.items():
            value = found[name].value if name in found else None
            note(
                scores[name],
                page.path.name,
                truth,
                value,
                ok=value is not None and same(name, truth, value),
            )
    return scores


def readers(settings: ReadSettings) -> dict[str, Reader]:
    """Return the readers that are installed, the project's first."""
    found: dict[str, Reader] = {"caspio-ingest": by_project(engines.reader_for(settings))}
    for program, reader in (("tesseract", by_tesseract), ("ocrmypdf", by_ocrmypdf)):
        if shutil.which(program):
            found[program] = reader
        else:
            print(f"{program} is not installed and not measured")
    return found


def main(arguments: list[str]) -> int:
    """Print the tables; `--json` also writes them to a file."""
    parser = argparse.ArgumentParser(description="Measure reading beside tesseract and OCRmyPDF.")
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--every", type=int, default=1, help="take every n-th document only")
    parser.add_argument("--ocr", default="auto", help="the project's engine")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    asked = parser.parse_args(arguments)
    if not (asked.folder / "manifest.jsonl").exists():
        print(f"There is no corpus at {asked.folder}; give the folder with manifest.jsonl.")
        return 0
    kinds: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples(asked.folder, asked.every):
        kinds[sample.kind].append(sample)
    available = readers(ReadSettings(ocr=asked.ocr))
    rows: list[Row] = []
    values: list[dict[str, object]] = []
    for kind, pages in kinds.items():
        of_kind = {name: measured(name, reader, kind, pages) for name, reader in available.items()}
        rows += _rated([row for row, _ in of_kind.values()])
        scores = value_scores(pages, of_kind["caspio-ingest"][1])
        values += [_value_row(kind, name, score) for name, score in sorted(scores.items())]
    _print(rows, values)
    if asked.json:
        asked.json.write_text(
            json.dumps({"words": [asdict(row) for row in rows], "values": values}, indent=1),
            "utf-8",
        )
    return 0


def _rated(rows: list[Row]) -> list[Row]:
    base = next((row.cpu_s_per_page for row in rows if row.reader == "tesseract"), None)
    return [
        Row(**(asdict(row) | {"ratio": row.cpu_s_per_page / base if base else None}))
        for row in rows
    ]


def _value_row(kind: str, name: str, score: Score) -> dict[str, object]:
    count, precision, recall, f1 = score.row()
    return {
        "kind": kind,
        "value": name,
        "count": count,
        "precision": precision,
        "recall": recall,
        "f1": f1,
    }


def _print(rows: list[Row], values: list[dict[str, object]]) -> None:
    figures = f"{'pages':>5} {'CPU s/page':>10} {'ratio':>6} {'pages/s':>8}"
    print(f"{'kind':10} {'reader':14} {figures} {'P':>6} {'R':>6} {'F1':>6} {'prose':>6}")
    for row in rows:
        ratio = f"{row.ratio:6.2f}" if row.ratio else "     -"
        figures = (
            f"{row.pages:5} {row.cpu_s_per_page:10.3f} {ratio} {row.pages_per_s_all_cores:8.2f}"
        )
        found = f"{row.precision:6.3f} {row.recall:6.3f} {row.f1:6.3f} {row.prose_f1:6.3f}"
        print(f"{row.kind:10} {row.reader:14} {figures} {found}")
    print(f"\n{'kind':10} {'value':18} {'n':>4} {'P':>6} {'R':>6} {'F1':>6}")
    for value in values:
        figures = " ".join(f"{value[name]:6.3f}" for name in ("precision", "recall", "f1"))
        print(f"{value['kind']:10} {value['value']:18} {value['count']:4} {figures}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
