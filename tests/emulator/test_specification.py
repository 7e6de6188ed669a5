import json
from pathlib import Path

import pytest

from infra.emulator.app import operations

_SPEC = Path(__file__).resolve().parents[3] / "shared" / "caspio-openapi-v3.json"


def test_every_operation_is_in_the_specification():
    """Ids, methods and path templates are those of the published document."""
    if not _SPEC.is_file():
        pytest.skip("the published document does not lie beside the project")
    paths = json.loads(_SPEC.read_text(encoding="utf-8"))["paths"]

    published = {
        (one["operationId"], method.upper(), path) for path, each in paths.items() for method, one in each.items()
    }

    assert {(one.id, one.method, one.template) for one in operations()} <= published


def test_no_operation_is_answered_twice():
    """Ids and method with template are unique."""
    found = [(one.method, one.template) for one in operations()]

    assert len(set(found)) == len(found) == len({one.id for one in operations()})
