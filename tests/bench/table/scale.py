"""What listing costs with many files, beside a bare loop over the same pages."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.emulator.control.client import Control
from tests.bench import scale
from tests.bench.table.peers import replay_s
from tests.bench.table.rows import Family, Options, Pair, Row
from tests.support.many import write_many, write_settings

_PEER = "a bare httpx loop over the same pages, parsed as JSON"
_SIZE, _QUICK_SIZE = 100_000, 20_000

ENUMERATE = Row(
    key="scale.enumerate",
    title="a first run: list everything, and record it in the ledger",
    peer=_PEER,
    unit="CPU µs a file",
    limit=120,
    about="Our process alone, over a table with one attachment in each record.",
)
RESCAN = Row(
    key="scale.rescan",
    title="a run that finds nothing new",
    peer=_PEER,
    unit="CPU µs a file",
    limit=40,
    about="The same listing, compared with the ledger.",
)
MEMORY = Row(
    key="scale.memory",
    title="highest memory of a first run",
    peer="the same with a tenth of the files",
    unit="MiB",
    limit=110,
    quick=False,
    about="Pages come and go: the memory of a run does not grow with the files.",
)


def measured(options: Options) -> Iterator[Pair]:
    """Yield each row once in each run."""
    size = _QUICK_SIZE if options.quick else _SIZE
    for run in range(options.runs):
        folder = options.folder / str(run)
        yield from _listed(folder / "many", size, options)


def _listed(folder: Path, size: int, options: Options) -> Iterator[Pair]:
    with scale._emulator(write_many(folder / "seed", size)) as url:
        config = write_settings(folder / "run", url)
        control = Control(url)
        control.reset_calls()
        first = scale._phase(config, "enumerate", sample=1)
        yield from _beside_replay(ENUMERATE, first, url, size, options)
        if options.wants(RESCAN.key):
            scale._finish_the_rest(f"sqlite:///{folder / 'run' / 'ledger.db'}")
            control.reset_calls()
            again = scale._phase(config, "rescan", sample=1)
            yield from _beside_replay(RESCAN, again, url, size, options)
    if options.wants(MEMORY.key):
        fewer = folder / "fewer"
        with scale._emulator(write_many(fewer / "seed", size // 10)) as url:
            less = scale._phase(write_settings(fewer / "run", url), "enumerate", sample=1)
        yield Pair(MEMORY.key, first["peak_mib"], less["peak_mib"])


def _beside_replay(
    row: Row, phase: Mapping[str, float], url: str, size: int, options: Options
) -> Iterator[Pair]:
    if options.wants(row.key):
        yield Pair(row.key, phase["cpu_s"] / size * 1e6, replay_s(url) / size * 1e6)


SCALE = Family("scale", (ENUMERATE, RESCAN, MEMORY), measured)
