import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import BadSettings
from processors.sandbox.reader import SandboxedReader
from tests.hostile.children import deeds
from tests.hostile.children.conftest import LAYERS, LIMITS, doing
from tests.support.samples import sampled

REFUSED = """
import platform, sys
from pathlib import Path
from processors.sandbox.kernel import libc, privileges, seccomp
from processors.sandbox.kernel.syscall_numbers import NUMBERS
from processors.sandbox.reader import SandboxedReader
from tests.hostile.children import deeds

# What Docker's default profile does to a container without CAP_SYS_ADMIN.
architecture, column = seccomp.ARCHITECTURES[platform.machine()]
lines = [seccomp._loaded(0)]
for name in ("unshare", "mount", "setns", "pivot_root"):
    number = NUMBERS[name][column]
    lines += [seccomp.Instruction(0x15, 0, 1, number), seccomp._returned(seccomp.REFUSE)]
libc.prctl(libc.PR_SET_NO_NEW_PRIVS, 1)
assert seccomp.install([*lines, seccomp._returned(seccomp.ALLOW)])

with SandboxedReader(workers=1, job=deeds.does) as reader:
    granted = reader.granted()
    document = Path(sys.argv[1], "document")
    document.write_text("words")
    print(granted.level, granted.namespaces, end=" ")
    print(reader.read(document, name="x", work_dir=Path(sys.argv[1])).text)
"""


@pytest.mark.parametrize("layers", LAYERS)
def test_less_isolation_than_required_stops_the_start(layers: str):
    """Where a system grants less than the settings require, nothing is read, and the reason is given."""
    with SandboxedReader(workers=1, job=deeds.does, without=LAYERS[layers]) as reader:
        granted = reader.granted()
    assert granted is not None

    if granted.level == "isolated":
        SandboxedReader(workers=1, job=deeds.does, require_isolation="isolated").close()
    else:
        with pytest.raises(BadSettings, match=r"require_isolation.*no pid namespace"):
            SandboxedReader(
                workers=1,
                job=deeds.does,
                without=LAYERS[layers],
                require_isolation="isolated",
            )


def test_without_namespaces_documents_are_read(tmp_path: Path):
    """Where the system refuses namespaces, a document is read with the layers that are left."""
    done = subprocess.run(
        [sys.executable, "-c", REFUSED, tmp_path],
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    level, rest = done.stdout.split(maxsplit=1)
    assert (level, rest.strip()) in {("restricted", "() words"), ("none", "() words")}


def test_the_filter_alone_keeps_signals_from_others(tmp_path: Path):
    """Without namespaces, without Landlock and with the same user, the filter refuses signals to others."""
    without = frozenset({"namespaces", "landlock", "identity", "group"})
    with SandboxedReader(limits=LIMITS, workers=1, job=deeds.does, without=without) as reader:
        granted = reader.granted()
        if granted is None or not granted.filtered:
            pytest.skip("this system has no system call filter")
        findings = doing(reader, tmp_path)("see_processes", os.getpid())

    assert findings.text.split()[3:] == ["PermissionError"] * 3


def test_a_child_for_each_document(tmp_path: Path):
    """With one document a child, nothing of a document is left in memory for the next."""
    with SandboxedReader(limits=LIMITS, workers=1, job=deeds.does, documents_per_child=1) as reader:
        misbehave = doing(reader, tmp_path)
        assert misbehave("keep_open").text == "kept"

        assert misbehave("read_kept").text == "kept []"


@pytest.mark.skipif(
    os.geteuid() != 0 or not sys.platform.startswith("linux"),
    reason="only root can become another user; the suite runs as an ordinary user anyway",
)
@pytest.mark.parametrize(
    "module",
    sampled(
        ["processes", "network", "files", "limits", "next_document"],
        sample=["network"],
    ),
)
@pytest.mark.timeout(900)
def test_the_suite_holds_as_an_ordinary_user(module: str):
    """The same children are kept from the same things when the program is not root."""
    done = subprocess.run(
        [
            *[sys.executable, "-m", "tests.hostile.children.as_user"],
            *[sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:randomly"],
            f"tests/hostile/children/test_{module}.py",
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
