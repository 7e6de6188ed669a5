import os
import subprocess
import sys

import pytest

from processors.contract import ReadSettings
from processors.sandbox.started_child import ChildPlan

_DIGEST = (
    "from processors.sandbox.reader import SandboxedReader; "
    "print(SandboxedReader(owner='ours').offer().digest.hex())"
)


def digest_with(seed: str) -> str:
    """Return the digest of a reader's children in a process whose sets have an order of their own."""
    command = [sys.executable, "-c", _DIGEST]
    answer = subprocess.run(
        command, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
    )
    return answer.stdout.decode().strip()


@pytest.mark.slow
def test_each_process_says_the_same_of_the_same_child():
    """A lender and the runs that ask it are processes of their own; these two differ in each set."""
    assert digest_with("0") == digest_with("1") != ""


def test_what_has_no_order_identifies_no_child():
    """Another process would list it otherwise."""
    passwords: object = frozenset({"one"})
    settings = ReadSettings(passwords=passwords)  # type: ignore[arg-type]
    plan = ChildPlan(settings, "module:job", (), frozenset(), None, 1)

    with pytest.raises(TypeError):
        plan.digest("ours")
