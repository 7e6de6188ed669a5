"""What starting costs: a command, one receipt in a new process, one in a process that has its models."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.family import used
from tests.bench.table import documents
from tests.bench.table.peers import tesseract_s
from tests.bench.table.readings import read_apart
from tests.bench.table.rows import Family, Options, Pair, Row

HELP = Row(
    key="start.help",
    title="the list of commands, `--help`",
    peer="`python -c pass`",
    unit="CPU s",
    limit=0.30,
    # The bare interpreter takes a hundredth of a second, which is all that is counted here.
    least_spread=0.4,
    about="What each command pays before it does anything, beside the bare interpreter.",
)
READ = Row(
    key="start.read",
    title="`read` of one photographed receipt, in a new process",
    peer="`tesseract` with one thread",
    unit="CPU s",
    limit=1.3,
    about="From the command to the printed values, reader process included. Compiled models are "
    "in the user's cache, as from the second start on.",
)
WARM = Row(
    key="start.warm",
    title="a receipt in a reader process that has its models",
    peer="the same processors, called in one process",
    unit="CPU s",
    most_ratio=1.1,
    about="What isolation costs: copying the document into the child's folder, the child's "
    "limits, and the checks of what it leaves.",
)


def measured(options: Options) -> Iterator[Pair]:
    """Yield each row once in each run, ours and the peer in turns."""
    command = Path(sys.executable).with_name("caspio-ingest")
    count = 4 if options.quick else 9
    drawn = [one.path for one in documents.receipts(options.folder / "receipts", count)]
    for run in range(options.runs):
        receipt = drawn[run % count]
        if options.wants(HELP.key):
            ours = min(used([str(command), "--help"]).cpu_s for _ in range(2))
            bare = min(used([sys.executable, "-c", "pass"]).cpu_s for _ in range(5))
            yield Pair(HELP.key, ours, bare)
        if options.wants(READ.key) and shutil.which("tesseract"):
            found = used([str(command), "read", str(receipt)])
            yield Pair(
                READ.key,
                found.cpu_s,
                tesseract_s([receipt]).cpu_s,
                f"{found.wall_s:.1f} s by the clock",
            )
        if options.wants(WARM.key):
            warm, bare_reading = read_apart("warm", drawn), read_apart("bare", drawn)
            yield Pair(WARM.key, warm.cpu_s / (count - 1), bare_reading.cpu_s / (count - 1))


START = Family("start", (HELP, READ, WARM), measured)
