"""The measures of the code, beside those of other packages."""

from pathlib import Path

import pytest

from tests.bench import house

MODULE = '''
def run(values):
    """Say what it does."""
    return _sum(values) + _product(values)


def _sum(values):
    """Add them."""
    total = 0
    for value in values:
        total += value
    return total


def _product(values):
    return values[0] * values[1]
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package of one module, with a folder of tests."""
    folder = tmp_path / "a_peer"
    (folder / "tests").mkdir(parents=True)
    (folder / "__init__.py").write_text(MODULE, encoding="utf-8")
    (folder / "tests" / "test_it.py").write_text("def test(): ...\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def test_a_peer_is_measured_beside_a_path(package: Path, capsys: pytest.CaptureFixture[str]):
    """An installed package is found by its name, and its tests do not count."""
    house.main([str(package / "tests"), "--peers", "a_peer"])

    _titles, path, peer = capsys.readouterr().out.splitlines()
    assert path.split()[1:] == ["10.00", "0.00", "0.00", "1000.00", "0.00", "0.00"]
    assert peer.split() == ["a_peer", "4.44", "0.00", "0.00", "272.73", "100.00", "50.00"]


def test_a_peer_that_is_not_installed_is_an_error(capsys: pytest.CaptureFixture[str]):
    """A name that cannot be measured ends the command and is named."""
    with pytest.raises(SystemExit):
        house.main(["--peers", "no_such_peer"])

    assert "not an installed package: no_such_peer" in capsys.readouterr().err


def test_the_peers_measured_by_default_are_installed():
    """`--peers` without names needs nothing beyond what the project installs."""
    assert [name for name in house.PEERS if house.peer_files(name) is None] == []
