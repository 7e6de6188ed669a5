import json
from pathlib import Path

import pytest

from infra.emulator.app import operations

_SPEC = Path(__file__).resolve().parents[3] / "shared" / "caspio-openapi-v3.json"


def _published() -> dict[str, dict[str, object]]:
    if not _SPEC.is_file():
        pytest.skip("the published document is not beside the project")
    paths = json.loads(_SPEC.read_text(encoding="utf-8"))["paths"]
    return {
        one["operationId"]: {**one, "method": method.upper(), "template": path}
        for path, each in paths.items()
        for method, one in each.items()
    }


def test_every_operation_of_the_specification_is_answered():
    """Ids, methods and path templates are those of the published document."""
    published = {(name, one["method"], one["template"]) for name, one in _published().items()}

    assert {(one.id, one.method, one.template) for one in operations()} == published
    assert len(published) == 70


def test_every_operation_knows_its_parameters():
    """The query parameters of each operation are those of the published document."""
    published = {
        name: {each["name"] for each in one.get("parameters", []) if each["in"] == "query"}
        for name, one in _published().items()
    }

    assert {one.id: set(one.query) for one in operations()} == published


def test_no_operation_is_answered_twice():
    """Ids and method with template are unique."""
    found = [(one.method, one.template) for one in operations()]

    assert len(set(found)) == len(found) == len({one.id for one in operations()})
