import dataclasses

import pytest

from processors.sandbox.isolation import Granted, Level

WHOLE = Granted(
    namespaces=("pid", "network", "ipc", "mount", "user"),
    landlock=7,
    filtered=True,
    privileges_dropped=True,
)


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ({}, Level.ISOLATED),
        ({"as_root": True}, Level.RESTRICTED),
        ({"landlock": 0}, Level.RESTRICTED),
        ({"filtered": False}, Level.RESTRICTED),
        ({"namespaces": ()}, Level.RESTRICTED),
        ({"namespaces": (), "landlock": 0}, Level.NONE),
        ({"namespaces": (), "filtered": False}, Level.NONE),
        ({"namespaces": ("network", "pid"), "landlock": 0}, Level.NONE),
        ({"privileges_dropped": False}, Level.NONE),
    ],
)
def test_the_level_is_that_of_the_weakest_promise(change: dict[str, object], level: Level):
    """A level needs network, files and processes closed, and the highest needs all of it twice."""
    granted = dataclasses.replace(WHOLE, **change)  # type: ignore[arg-type] # one field each

    assert granted.level is level
    assert bool(granted.missing()) is (level is not Level.ISOLATED) or not change


def test_levels_are_ordered():
    """A level reaches itself and the weaker ones."""
    assert Level.ISOLATED.reaches(Level.RESTRICTED)
    assert Level.RESTRICTED.reaches(Level.RESTRICTED)
    assert not Level.NONE.reaches(Level.RESTRICTED)


def test_nothing_granted_names_everything():
    """An operator reads what is missing and what that leaves open."""
    missing = "; ".join(Granted().missing())

    assert "no pid namespace" in missing
    assert "no Landlock" in missing
    assert "no system call filter" in missing
