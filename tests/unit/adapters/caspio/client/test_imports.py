import ast
import subprocess
import sys
from pathlib import Path

from pipeline.adapters.caspio import client

FOLDER = Path(client.__file__).parent
OURS = ("pipeline", "processors", "flows", "infra", "caspio_ingest")


def test_the_client_imports_nothing_else_of_ours() -> None:
    """The client can be used, and understood, without the rest of the project."""
    found: set[str] = set()
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path} has a relative import"
                found.add(node.module or "")
            elif isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}

    others = {name for name in found if name.split(".")[0] in OURS}
    assert {name for name in others if not name.startswith(client.__name__)} == set()


def test_importing_the_client_imports_nothing_else_of_ours() -> None:
    """Nor is anything else loaded on the way: a script pays for the client only."""
    script = (
        "import sys, pipeline.adapters.caspio.client\n"
        "print(*(name for name in sys.modules if name.split('.')[0] in"
        f" {OURS!r} and not name.startswith({client.__name__!r})))"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()

    parents = {"pipeline", "pipeline.adapters", "pipeline.adapters.caspio"}
    assert set(loaded) == parents
