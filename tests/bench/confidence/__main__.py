"""Measure the probabilities, and fit their weights: `python -m tests.bench.confidence`.

Documents are read once and kept in the cache, outside the repository. The table is that of weights
that had not seen the issuer, or not the document. With `--write` those of the package are replaced.
"""

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import processors.confidence
from processors.confidence.model import WEIGHTS
from tests.bench.confidence.drawn import draw_corpus
from tests.bench.confidence.drawn_labels import draw_labeled_corpus
from tests.bench.confidence.drawn_windows import draw_window_corpus
from tests.bench.confidence.examples import Example, examples_of
from tests.bench.confidence.figures import Figures, figures, table
from tests.bench.confidence.fitting import (
    by_document,
    by_issuer,
    cautions,
    cautious,
    fit_weights,
    out_of_fold,
    recurring,
    shares_elsewhere,
)
from tests.bench.confidence.worn import worn_corpus
from tests.bench.values import DEFAULT

_SENDERS, _EACH = 60, 2
_CACHE = Path(tempfile.gettempdir()) / "caspio-ingest-bench"


@dataclass(frozen=True, slots=True)
class Source:
    """Documents of some kinds in a folder, and what the list of data calls them."""

    name: str
    folder: Path
    kinds: frozenset[str]


def sources(corpora: Path, cache: Path) -> list[Source]:
    """Return the documents that the weights are fitted on; drawn and worn ones are made first."""
    receipts = frozenset({"receipt"})
    found = [
        Source("receipts", corpora / "dev", receipts),
        Source("receipts", corpora / "learn", receipts),
        Source("invoices", corpora / "dev", frozenset({"invoice"})),
        Source("contracts", corpora / "learn", frozenset({"contract"})),
    ]
    for part in ("dev", "learn"):
        worn = worn_corpus(corpora / part, cache / f"worn_{part}", kind="receipt")
        found.append(Source("the same receipts, worn", worn, frozenset()))
    drawn = draw_corpus(cache / "drawn", senders=_SENDERS, each=_EACH)
    labeled = draw_labeled_corpus(cache / "drawn_labeled", senders=_SENDERS, each=_EACH)
    windows = draw_window_corpus(cache / "drawn_windows", senders=_SENDERS, each=_EACH)
    return [
        *found,
        Source("drawn invoices and receipts", drawn, frozenset()),
        Source("drawn invoices with labels", labeled, frozenset()),
        Source("drawn invoices and letters in envelopes with windows", windows, frozenset()),
    ]


Rows = list[tuple[str, str, Figures]]


def figures_of(examples: Sequence[Example], scored: Sequence[tuple[Example, float]]) -> Rows:
    """Return the figures by kind of document and name of finding."""
    asked: dict[tuple[str, str], int] = defaultdict(int)
    groups: dict[tuple[str, str], list[tuple[float, bool]]] = defaultdict(list)
    for each in examples:
        asked[each.kind, each.name] += 1
    for each, chance in scored:
        groups[each.kind, each.name].append((chance, bool(each.right)))
    return [
        (kind, name, figures(count, groups[kind, name]))
        for (kind, name), count in sorted(asked.items())
    ]


def measured(examples: Sequence[Example]) -> tuple[Rows, Rows, Mapping[str, float]]:
    """Return the figures for issuers that the weights do not know and do know, and the cautions."""
    scored = out_of_fold(examples, by_issuer)
    caution = cautions(scored)
    unknown = figures_of(examples, cautious(scored, caution))
    several = recurring(examples)
    known = [each for each in examples if each.issuer in several]
    of_known = [pair for pair in out_of_fold(examples, by_document) if pair[0].issuer in several]
    return unknown, figures_of(known, cautious(of_known, caution)), caution


def main() -> int:
    """Print the figures of cross-validation over issuers; replace the weights with `--write`."""
    parser = argparse.ArgumentParser(description="Fit the weights of the probabilities.")
    parser.add_argument("--corpora", type=Path, default=DEFAULT.parent, help="has dev and learn")
    parser.add_argument("--cache", type=Path, default=_CACHE, help="for pages that were read")
    parser.add_argument("--write", action="store_true", help="replace the packaged weights")
    asked = parser.parse_args()
    if not (asked.corpora / "learn" / "manifest.jsonl").exists():
        print(f"There are no documents at {asked.corpora}; give a folder with dev and learn.")
        return 0
    examples: list[Example] = []
    data: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for source in sources(asked.corpora, asked.cache):
        own = list(examples_of(source.folder, asked.cache / "pages", kinds=source.kinds))
        data[source.name]["documents"] += len({each.document for each in own})
        data[source.name]["issuers"] += len({each.issuer for each in own})
        examples += own
    unknown, known, caution = measured(examples)
    for title, rows in (("unknown issuers", unknown), ("known issuers", known)):
        print(f"\n{title}\n{table([(f'{kind} {name}', each) for kind, name, each in rows])}")
    if asked.write:
        write(examples, data, unknown, known, caution)
    return 0


def write(
    examples: Sequence[Example],
    data: dict[str, dict[str, int]],
    unknown: Rows,
    known: Rows,
    caution: Mapping[str, float],
) -> None:
    """Write the weights with the list of data and the figures. They contain no word of a document."""
    weights = fit_weights(examples)
    rounded = {
        kind: {name: round(weight, 3) for name, weight in sorted(own.items())}
        for kind, own in weights.items()
    }
    counts = {
        kind: {"values": len(some), "right": sum(bool(each.right) for each in some)}
        for kind in sorted({each.value_kind for each in examples})
        if (some := [e for e in examples if e.value_kind == kind and e.right is not None])
    }
    whole = {
        "about": "weights of a logistic regression; docs/confidence.md explains them",
        "fitted_on": datetime.now(UTC).date().isoformat(),
        "data": data,
        "values": counts,
        "figures": {"unknown issuers": _rows(unknown), "known issuers": _rows(known)},
        "caution": caution,
        "elsewhere": {kind: round(share, 3) for kind, share in shares_elsewhere(examples).items()},
        "weights": rounded,
    }  # fmt: skip
    target = Path(processors.confidence.__file__).with_name(WEIGHTS)
    target.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


def _rows(rows: Rows) -> list[dict[str, object]]:
    return [
        {
            "documents": kind,
            "value": name,
            "asked": each.asked,
            "found": each.found,
            "right": each.right,
            "written": each.written,
            "written_right": each.written_right,
            "auroc": None if each.auroc is None else round(each.auroc, 3),
            "ece": round(each.ece, 3),
        }
        for kind, name, each in rows
        if each.found
    ]


if __name__ == "__main__":
    raise SystemExit(main())
