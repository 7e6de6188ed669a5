import re
import subprocess
import sys
from pathlib import Path

CODE = """
import structlog
from flows.cli.common import set_up_logs
set_up_logs(verbose=True)
def work():
    token = "canary-" + "token"
    raise ValueError("no good")
try:
    work()
except ValueError:
    structlog.get_logger().exception("file failed", file="a.pdf")
"""


def test_logged_failure_shows_no_variables(tmp_path: Path):
    """A logged traceback names the lines and the error, never the values of variables: a token, a document's text."""
    script = tmp_path / "script.py"
    script.write_text(CODE, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": "."},
    )

    assert re.search(r"file failed.*a\.pdf", done.stderr)
    assert "ValueError: no good" in done.stderr
    assert "canary-token" not in done.stderr
    assert done.stdout == ""


def test_logs_load_no_colored_tracebacks():
    """They are not used and take time from each command; other libraries can import them still."""
    code = (
        "import sys; from flows.cli.common import set_up_logs; set_up_logs();"
        "print('rich.traceback' in sys.modules);"
        "import rich.traceback; set_up_logs(); print('rich.traceback' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "True"]


def test_logs_are_set_up_with_their_first_line():
    """A command that mostly logs nothing loads what writes lines with the first one, which is as in others."""
    code = (
        "import sys; from flows.cli.common import set_up_logs_later; from pipeline.logs import logger;"
        "set_up_logs_later(); print('structlog' in sys.modules);"
        "logger('a').info('quiet'); logger('a').warning('loud', file='a.pdf')"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False"]
    assert re.search(r"warning .*loud.*file=a\.pdf", done.stderr)
    assert "quiet" not in done.stderr


def test_logs_are_set_up_at_once_where_others_may_write_lines():
    """Where what writes lines is loaded already, its lines are as the command wants them from the start."""
    code = (
        "import structlog; from flows.cli.common import set_up_logs_later; set_up_logs_later();"
        "structlog.get_logger().warning('loud')"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == ""
    assert "loud" in done.stderr
