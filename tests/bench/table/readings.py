"""Read files in one way and print what it took, as a process of its own: so its time is that of reading.

    python -m tests.bench.table.readings recognize|bare|warm|command FILE...

The first file only warms up; `texts` and `cpu_s` are those of the others. `recognize` is OCR alone,
`bare` all processors in this process, `warm` a reader process that has its models, and `command` one
as the command `read` has it, which makes no derived files.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.family import Family

if TYPE_CHECKING:
    from processors.sandbox.reader import SandboxedReader

ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}

Read = Callable[[Path], str]


@dataclass(frozen=True, slots=True)
class Reading:
    """CPU seconds and clock seconds for all files but the first, and the texts of these."""

    cpu_s: float
    wall_s: float
    texts: tuple[str, ...]


def read_apart(way: str, files: Iterable[Path]) -> Reading:
    """Read files in a process of its own, on one core."""
    command = [sys.executable, "-m", "tests.bench.table.readings", way, *map(str, files)]
    done = subprocess.run(
        command, env=os.environ | ONE_CORE, stdout=subprocess.PIPE, text=True, check=True
    )
    found = json.loads(done.stdout)
    return Reading(found["cpu_s"], found["wall_s"], tuple(found["texts"]))


def _recognize(files: Sequence[Path]) -> Reading:
    from processors.contract import ReadSettings
    from processors.ocr import engines
    from tests.bench.read import by_project

    return _timed(files, by_project(engines.reader_for(ReadSettings())))


def _bare(files: Sequence[Path]) -> Reading:
    from processors.contract import ReadSettings
    from processors.read import Engines, read_document

    settings = ReadSettings()
    engines = Engines(settings)

    def read(path: Path) -> str:
        with tempfile.TemporaryDirectory() as folder:
            found = read_document(
                path,
                name=path.name,
                work_dir=Path(folder),
                settings=settings,
                engine=engines.get,
            )
        return "\n".join(page.text for page in found.pages)

    return _timed(files, read)


def _warm(files: Sequence[Path]) -> Reading:
    from flows.app.reading import open_reader
    from pipeline.settings.sections import ProcessingSettings
    from processors.contract import USUAL_RENDITIONS

    return _read_by(
        open_reader(ProcessingSettings(), workers=1, renditions=USUAL_RENDITIONS), files
    )


def _command(files: Sequence[Path]) -> Reading:
    from flows.app.reading import PlainOptions, open_plain_reader

    return _read_by(open_plain_reader(PlainOptions("auto", ("eng",)), workers=1), files)


def _read_by(reader: "SandboxedReader", files: Sequence[Path]) -> Reading:
    with reader, tempfile.TemporaryDirectory() as folder:

        def read(path: Path) -> str:
            home = Path(tempfile.mkdtemp(dir=folder))
            found = reader.read(path, name=path.name, work_dir=home)
            return "\n".join(page.text for page in found.pages)

        return _timed(files, read)


def _timed(files: Sequence[Path], read: Read) -> Reading:
    family = Family(os.getpid())
    read(files[0])
    family.look()
    before, began = family.cpu_s(), time.monotonic()
    texts = tuple(read(path) for path in files[1:])
    wall_s = time.monotonic() - began
    family.look()
    return Reading(family.cpu_s() - before, wall_s, texts)


WAYS: dict[str, Callable[[Sequence[Path]], Reading]] = {
    "recognize": _recognize,
    "bare": _bare,
    "warm": _warm,
    "command": _command,
}


def main(way: str, *names: str) -> None:
    """Read the files and print the result."""
    found = WAYS[way]([Path(name) for name in names])
    print(json.dumps({"cpu_s": found.cpu_s, "wall_s": found.wall_s, "texts": found.texts}))


if __name__ == "__main__":
    main(*sys.argv[1:])
