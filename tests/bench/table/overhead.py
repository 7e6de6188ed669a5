"""What a run costs beside the reading itself, and beside its bare calls."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.emulator import Emulator
from tests.bench.pipeline import Ran, run_apart
from tests.bench.table import documents
from tests.bench.table.peers import replay_s
from tests.bench.table.readings import read_apart
from tests.bench.table.rows import Family, Options, Pair, Row
from tests.integration.pipeline.accounts import Source, uploads, write_account, write_settings

_BARE = "the same processors, called in one process"
ONE_WORKER = Row(
    key="overhead.one-worker",
    title="a whole run over photographed receipts, one worker",
    peer=_BARE,
    unit="CPU s a document",
    most_ratio=1.05,
    least_spread=0.08,
    quick=False,
    about="Download, reading, archive, ledger and write-back. What starting costs once is left out: "
    "it is the difference between a run over many documents and one over few.",
)
TWO_WORKERS = Row(
    key="overhead.two-workers",
    title="the same, two workers",
    peer=_BARE,
    unit="CPU s a document",
    most_ratio=1.05,
    least_spread=0.08,
    quick=False,
    about="Two reader processes share the caches of one machine, which the one process of the peer "
    "has for itself. The note is beside two such processes at once.",
)
OWN = Row(
    key="overhead.own",
    title="our process alone, for a small text",
    peer="a bare httpx loop over the same calls",
    unit="CPU ms a document",
    limit=15,
    least_spread=0.1,
    about="Ledger, archive, plan and calls of a document, without its reader process.",
)


def measured(options: Options) -> Iterator[Pair]:
    """Yield each row once in each run, ours and the peer in turns."""
    few, many = 2, 14
    whole = [(row, n) for row, n in ((ONE_WORKER, 1), (TWO_WORKERS, 2)) if options.wants(row.key)]
    drawn = documents.receipts(options.folder / "receipts", many if whole else 0, seed=21)
    pictures = {one.path.name: one.path.read_bytes() for one in drawn}
    # One more than is counted: the first only warms up.
    paths = [one.path for one in drawn[few - 1 :]]
    for _ in range(options.runs):
        for row, workers in whole:
            more, less = (_ran(_first(pictures, count), workers) for count in (many, few))
            count = many - few
            ours_s = (more.whole_s - less.whole_s) / count
            bare_s = _bare_s(paths, 1) / count
            note = ""
            if workers > 1:
                at_once_s = _bare_s(paths, workers) / count
                note = f"{ours_s / at_once_s:.2f} beside {workers} processes at once"
            yield Pair(row.key, ours_s, bare_s, note)
        if options.wants(OWN.key):
            yield _own(options)


def _bare_s(paths: Sequence[Path], processes: int) -> float:
    """Return the CPU seconds to read all files but the first, in so many processes at once."""
    shares = [[paths[0], *paths[1 + start :: processes]] for start in range(processes)]
    with ThreadPoolExecutor(processes) as pool:
        return sum(found.cpu_s for found in pool.map(lambda each: read_apart("bare", each), shares))


def _first(files: Mapping[str, bytes], count: int) -> dict[str, bytes]:
    return dict(list(files.items())[:count])


def _ran(files: Mapping[str, bytes], workers: int) -> Ran:
    """Run over an account with these attachments."""
    with tempfile.TemporaryDirectory(prefix="bench-overhead-") as name:
        folder = Path(name)
        seed = write_account(folder / "seed", uploads(files), files)
        with Emulator(seed=seed) as emulator:
            return run_apart(
                write_settings(folder, emulator.url, Source(rename="")), workers=workers
            )


def _own(options: Options) -> Pair:
    few, many = (20, 80) if options.quick else (20, 220)
    own_s: list[float] = []
    bare_s: list[float] = []
    for count in (few, many):
        with tempfile.TemporaryDirectory(prefix="bench-overhead-") as name:
            folder = Path(name)
            files = dict(documents.text_receipts(count))
            seed = write_account(folder / "seed", uploads(files), files)
            with Emulator(seed=seed) as emulator:
                config = write_settings(folder, emulator.url, Source(rename=""))
                own_s.append(run_apart(config, workers=1).own_s)
                bare_s.append(replay_s(emulator.url))
    each = 1e3 / (many - few)
    return Pair(OWN.key, (own_s[1] - own_s[0]) * each, (bare_s[1] - bare_s[0]) * each)


OVERHEAD = Family("overhead", (ONE_WORKER, TWO_WORKERS, OWN), measured)
