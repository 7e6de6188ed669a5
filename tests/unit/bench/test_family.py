"""What a program and everything that it starts used, those that were killed included."""

import subprocess
import sys

import pytest

from tests.bench.family import Family, used

STARTER = """
import subprocess, sys, time
busy = "import time\\nwhile time.process_time() < 0.2: pass\\nprint('done', flush=True)\\ntime.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", busy], stdout=subprocess.PIPE)
print(child.stdout.readline().decode(), flush=True)
time.sleep(60)
"""


@pytest.mark.slow
def test_a_killed_process_counts_with_what_it_started():
    """The kernel adds it to nobody's time: what was seen before it ended counts."""
    with subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline().strip() == b"done"
        family = Family(starter.pid)
        family.look()
        below_s = family.cpu_s() - family.own_s()
        child, *_ = family.below()

        starter.kill()
        starter.wait()
        subprocess.run(["kill", str(child)], check=True)
        family.look()

    assert below_s >= 0.1
    assert family.cpu_s() - family.own_s() == pytest.approx(below_s)


def test_a_program_that_fails_says_what_it_printed():
    """An exit code that was not expected is an error with the program's own words."""
    failing = [sys.executable, "-c", "import sys; print('half'); sys.exit('no disk')"]

    with pytest.raises(subprocess.CalledProcessError) as caught:
        used(failing)

    assert (caught.value.output, caught.value.stderr) == ("half\n", "no disk\n")
    assert used(failing, codes=(0, 1)).output == "half\n"
