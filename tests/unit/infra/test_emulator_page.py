"""docs/emulator.md describes the emulator as it is."""

import re
from pathlib import Path
from typing import get_args

from infra.emulator.account.profiles import RIGHTS
from infra.emulator.account.seed import MEMBERS
from infra.emulator.control.routes import ControlRoutes
from infra.emulator.faults import FaultKind, Faults
from infra.emulator.http.call_log import CallLog
from infra.emulator.http.middleware import CONTROL_ROOT

PAGE = (Path(__file__).parents[3] / "docs/emulator.md").read_text(encoding="utf-8")


def _section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def _first_cells(text: str) -> set[str]:
    return set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))


def _words(text: str) -> set[str]:
    # Code blocks have backquotes of their own.
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return set(re.findall(r"`([^`\n]+)`", prose))


def test_every_member_of_a_seed_is_described():
    """The table has the members that a seed may have, and no others."""
    rows = _section("The seed folder")

    assert {
        name for row in re.findall(r"^\| (`.*?) \|", rows, re.MULTILINE) for name in _words(row)
    } == MEMBERS


def test_every_right_of_a_profile_is_listed():
    """The page names all rights that `objects` can grant."""
    assert _words(_section("The seed folder")) >= RIGHTS


def test_every_fault_is_described():
    """The table has the kinds of faults that exist, and no others."""
    _, _, faults = _section("Control it").partition("| fault |")

    assert _first_cells(faults) == set(get_args(FaultKind))


def test_every_control_call_is_described():
    """The table has the paths and methods of the control interface, and no others."""
    calls, _, _ = _section("Control it").partition("| fault |")
    routes = ControlRoutes(faults=Faults(), log=CallLog()).routes()
    described = {}
    for path, *cells in re.findall(r"^\| `(\w+)` \|(.*?)\|(.*?)\|(.*?)\|$", calls, re.MULTILINE):
        methods = zip(("GET", "POST", "DELETE"), cells, strict=True)
        described[f"{CONTROL_ROOT}/{path}"] = {name for name, cell in methods if cell.strip()}

    assert described == {route.path: (route.methods or set()) - {"HEAD"} for route in routes}
