"""Functions, modules and folders that pass a limit are named."""

from pathlib import Path

import pytest

from tests.style.limits import (
    COMPLEXITY,
    FOLDER_MODULES,
    FUNCTION_LINES,
    MODULE_LINES,
    find_excesses,
)


def _messages(folder: Path, text: str) -> list[tuple[int, str]]:
    file = folder / "module.py"
    file.write_text(text, encoding="utf-8")
    return [(hit.line, hit.message) for hit in find_excesses([file])]


@pytest.mark.parametrize("over", [0, 1])
def test_a_long_function_is_named(tmp_path: Path, over: int) -> None:
    """A function of 60 lines passes, one more line does not."""
    text = "\ndef long():\n" + "    a = 1\n" * (FUNCTION_LINES - 1 + over)

    found = _messages(tmp_path, text)

    assert found == [(2, "long has 61 lines, the limit is 60")] * over


@pytest.mark.parametrize("over", [0, 1])
def test_a_complex_function_is_named(tmp_path: Path, over: int) -> None:
    """A function of complexity 12 passes, one more branch does not."""
    text = "def tangled(a):\n" + "    if a: pass\n" * (COMPLEXITY - 1 + over)

    assert _messages(tmp_path, text) == [(1, "tangled has complexity 13, the limit is 12")] * over


@pytest.mark.parametrize("over", [0, 1])
def test_a_long_module_is_named(tmp_path: Path, over: int) -> None:
    """A module of 400 lines passes, one more does not."""
    text = "a = 1\n" * (MODULE_LINES + over)

    assert len(_messages(tmp_path, text)) == over


@pytest.mark.parametrize("over", [0, 1])
def test_a_full_folder_is_named(tmp_path: Path, over: int) -> None:
    """A folder of 20 modules passes, one more does not."""
    files = [tmp_path / f"module_{number}.py" for number in range(FOLDER_MODULES + over)]
    for file in files:
        file.touch()

    found = [str(hit) for hit in find_excesses(files)]

    assert found == [f"{tmp_path}: 21 modules, the limit is 20: group them in folders"] * over
