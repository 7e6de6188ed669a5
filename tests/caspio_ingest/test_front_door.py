"""The front door: every public name is there, and the import is cheap."""

import ast
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import caspio_ingest
from caspio_ingest import read
from pipeline.adapters.caspio import client
from pipeline.model import ReadStatus

SOURCE = Path(caspio_ingest.__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", caspio_ingest.__all__)
def test_every_public_name_can_be_imported(name: str):
    """Each name of `__all__` is found where the front door says it is."""
    assert getattr(caspio_ingest, name) is not None


def test_type_checkers_see_the_same_names():
    """What is imported for type checkers is what is public."""
    (block,) = [
        node
        for node in ast.parse(SOURCE).body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    seen = {
        alias.asname or alias.name
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert seen | {"__version__"} == set(caspio_ingest.__all__)
    assert sorted(caspio_ingest.__all__) == sorted(dir(caspio_ingest))


def test_type_checkers_and_the_program_find_the_same_objects():
    """A name is the same object for a type checker and at run time."""
    imports = [node for node in ast.walk(ast.parse(SOURCE)) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imports if (node.module or "").partition(".")[0] != "typing"]

    for node in ours:
        for alias in node.names:
            name = alias.asname or alias.name
            if name in caspio_ingest.__all__:
                module = __import__(node.module or "", fromlist=[alias.name])
                assert getattr(module, alias.name) is getattr(caspio_ingest, name)


def test_everything_of_the_client_is_public():
    """Each name of the client's own front door is a name of this one."""
    assert set(client.__all__) <= set(caspio_ingest.__all__)


def test_the_import_loads_nothing_else():
    """Importing the package imports none of the others, and no library."""
    program = (
        "import sys; before = set(sys.modules); import caspio_ingest; "
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )

    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    loaded = set(ast.literal_eval(said.stdout))
    assert loaded.isdisjoint({"pipeline", "processors", "flows", "infra", "httpx", "pydantic"})


def test_the_version_is_that_of_the_package():
    """The version is the one that is installed."""
    assert caspio_ingest.__version__ == version("caspio-ingest")


def test_an_unknown_name_is_an_attribute_error():
    """A name that is not public is refused as Python refuses it."""
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = caspio_ingest.nothing


@pytest.mark.slow
def test_a_file_is_read(tmp_path: Path):
    """`read` reads a file in a reader process and returns its findings."""
    path = tmp_path / "note.txt"
    path.write_text("Invoice 17 of Acme Ltd", encoding="utf-8")

    found = read(path)

    assert found.status is ReadStatus.OK
    assert "Acme" in found.text
