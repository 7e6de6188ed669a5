import os
import socket
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from processors.contract import Limits
from processors.sandbox import handover
from processors.sandbox.lent_child import borrow


def test_a_program_of_another_user_is_asked_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """It would be given documents; it does not even see the digest."""
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with socket.socket(socket.AF_UNIX) as door, ThreadPoolExecutor() as pool:
        door.bind(str(tmp_path / "door"))
        door.listen()
        borrowed = pool.submit(borrow, tmp_path / "door", bytes(32), limits=Limits())
        with door.accept()[0] as run:
            run.settimeout(60.0)

            assert run.recv(1) == b""
        assert borrowed.result() is None


def test_the_kernel_says_who_is_at_the_other_end():
    """Nobody can say that they are somebody else."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert handover.is_same_user(ours)
    if os.geteuid() != 0:
        pytest.skip("only root can connect as another user")
    with socket.socket(socket.AF_UNIX) as door, tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        path = Path(name) / "door"
        door.bind(str(path))
        path.chmod(0o777)
        door.listen()
        pid = os.fork()
        if pid == 0:
            os.setresuid(65_534, 65_534, 65_534)
            with socket.socket(socket.AF_UNIX) as stranger:
                stranger.connect(str(path))
                stranger.recv(1)
            os._exit(0)
        connection, _ = door.accept()
        with connection:
            assert not handover.is_same_user(connection)
    os.waitpid(pid, 0)
