"""Two classes with one name are found, wherever they are."""

from pathlib import Path

import pytest

from tests.style.namesakes import find_namesakes

CLIENT = "pipeline/adapters/caspio/client"


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ("flows/a.py:Line", "processors/b/c.py:Line", 1),
        ("pipeline/a.py:_Line", "pipeline/b.py:_Line", 1),
        ("flows/a.py:Line", "flows/a.py:Line", 1),
        ("infra/a.py:Line", "infra/b.py:Line", 1),
        ("flows/a.py:Line", "flows/b.py:_Line", 0),
        ("pipeline/a.py:Webhook", "infra/b.py:Webhook", 0),
        (f"{CLIENT}/clock.py:Clock", "pipeline/ports/clock.py:Clock", 0),
        (f"{CLIENT}/clock.py:Line", "pipeline/ports/clock.py:Line", 1),
        ("flows/a.py:Clock", "pipeline/ports/clock.py:Clock", 1),
    ],
)
def test_two_classes_with_one_name_are_found(
    one: str, other: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The local Caspio and the client may call a thing as the rest does; nothing else may."""
    monkeypatch.chdir(tmp_path)
    files = set()
    for place in (one, other):
        name, _, class_name = place.partition(":")
        file = Path(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as code:
            code.write(f"class {class_name}: ...\n")
        files.add(file)

    assert len(list(find_namesakes(files))) == count
