import json

import pytest
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from flows.agents.tools.catalog import all_tools
from flows.api.answers import KINDS
from flows.api.endpoints import endpoints, find, segments_of
from flows.api.openapi import document

OPERATIONS = [
    (path, method, operation)
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
]


def test_the_document_is_openapi_3_1():
    """The document is valid by the schema that OpenAPI publishes for 3.1."""
    as_sent = json.loads(json.dumps(document()))

    assert as_sent["openapi"].startswith("3.1")
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(as_sent)] == []


def test_no_tool_is_forgotten():
    """Every tool has one endpoint, no two share method and path, and all are in the document."""
    listed = {operation["operationId"] for _, _, operation in OPERATIONS}
    places = {(one.method, one.path) for one in endpoints()}

    assert [one.tool.name for one in endpoints()] == list(all_tools())
    assert len(places) == len(endpoints())
    assert set(all_tools()) <= listed
    assert len(listed) == len(OPERATIONS)


def test_every_endpoint_is_found_by_its_own_path():
    """With a name in each place of an argument, a path leads to the endpoint that it is of."""
    for one in endpoints():
        segments = ["a name" if part.startswith("{") else part for part in one.segments]
        found = {endpoint.method: endpoint for endpoint, _ in find(segments)}

        assert found[one.method] is one


def schemas_with_examples(operation: dict) -> list[tuple[dict, object]]:
    """Return the schemas of an operation that have an example beside them."""
    holders = [
        *operation["parameters"],
        *operation.get("requestBody", {}).get("content", {}).values(),
    ]
    holders += operation["responses"]["200"]["content"].values()
    inner = [media for one in holders for media in one.get("content", {}).values()]
    return [(one["schema"], one["example"]) for one in (*holders, *inner) if "example" in one]


@pytest.mark.parametrize("operation", [one for _, _, one in OPERATIONS])
def test_every_example_is_one_of_its_schema(operation: dict):
    """What a reader copies is accepted: each example is valid by the schema that it is beside."""
    components = {"components": document()["components"]}
    for schema, example in schemas_with_examples(operation):
        whole = json.loads(json.dumps({**components, **schema}))
        Draft202012Validator(whole).validate(example)
    for parameter in operation["parameters"]:
        content = parameter.get("content", {}).get("application/json", {})
        assert "example" in {**parameter, **content}


def test_every_problem_is_one_of_the_schema():
    """The example of each kind of problem has the form that the document promises."""
    components = document()["components"]
    examples = components["responses"]["Problem"]["content"]["application/problem+json"]["examples"]

    assert list(examples) == list(KINDS)
    for one in examples.values():
        Draft202012Validator(components["schemas"]["Problem"]).validate(one["value"])


def test_a_slash_in_a_name_is_no_step_of_the_path():
    """A name is decoded after the path was cut, so that one with a slash stays one name."""
    assert segments_of(b"/api/acme/tables/a%2Fb%20c?x=/y") == ("api", "acme", "tables", "a/b c")
