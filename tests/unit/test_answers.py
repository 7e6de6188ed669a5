"""No test of the pipeline makes an HTTP answer up: what the emulator says is tested against the specification."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
NO_CASPIO_HERE = {
    "unit/adapters/caspio/client/test_auth.py": "feeds replies to a generator that does no I/O",
    "unit/adapters/caspio/client/test_answers.py": "bounds what no Caspio answers",
    "unit/adapters/caspio/client/test_messages.py": "reads the words of every refusal",
    "unit/adapters/caspio/client/test_rate.py": "answers only whether a call was sent in time",
    "unit/adapters/caspio/client/test_client.py": "asks for a version that no document specifies",
    "unit/web/signing/test_hanging_provider.py": "hangs as no Caspio does",
    "unit/flows/test_busy_server.py": "answers as Prefect's server does",
    "unit/cli/test_demo.py": "answers as the demo's web page does",
    "support/specification.py": "answers what the specification promises",
    "unit/test_answers.py": "this file",
}


@pytest.mark.parametrize("word", ["MockTransport", "httpx.Response("])
def test_no_answer_is_made_up(word: str):
    """Every answer of Caspio in a test comes from the emulator or from the specification."""
    found = {
        path.relative_to(TESTS).as_posix()
        for path in TESTS.rglob("*.py")
        if "emulator" not in path.relative_to(TESTS).parts
        and word in path.read_text(encoding="utf-8")
    }

    assert found <= set(NO_CASPIO_HERE)
