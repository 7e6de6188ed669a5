"""The parameters of flows as the Prefect UI makes forms of them: types, bounds, and what there is to choose from.

The UI takes a parameter's description from the `Args:` of its flow's docstring and its bounds from these types; the
server refuses what is out of bounds before a run is made. What a deployment fixes, and what its settings give to choose
from, is added where `serve` and `deploy` make it; `prefect deploy`, which takes forms from the types alone, is told by
variables (infra/prefect.yaml).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from prefect.deployments.runner import RunnerDeployment
from pydantic import Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from pipeline.settings import environment

MOST_RECORDS = 1_000

_Key = Annotated[str, Field(min_length=1, max_length=1_000)]


def _fixed(value: object) -> dict[str, Any]:
    return {"readOnly": True, "enum": [value]}


def _offered(values: Sequence[str]) -> dict[str, Any]:
    return {"items": {"type": "string", "enum": list(values)}, "uniqueItems": True}


@dataclass(frozen=True, slots=True)
class _Told:
    """Adds to a field's schema what a variable says, where it is set."""

    variable: str
    as_what: Callable[[str], dict[str, Any]]

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        value = environment(self.variable)
        return handler(core_schema) | (self.as_what(value) if value else {})


Source = Annotated[str, Field(min_length=1), _Told("DEPLOY_SOURCE", _fixed)]
Sources = Annotated[
    list[Annotated[str, Field(min_length=1)]],
    _Told("DEPLOY_SOURCES", lambda names: _offered(names.split())),
]
Config = Annotated[str, Field(min_length=1), _Told("DEPLOY_CONFIG", _fixed)]
Limit = Annotated[int, Field(ge=1, le=10_000_000)] | None
Records = Annotated[list[_Key], Field(max_length=MOST_RECORDS)]
NamedRecords = Annotated[list[_Key], Field(min_length=1, max_length=MOST_RECORDS)]
# The server does not look at a date's format, and the UI may add a time of day to it.
Day = Annotated[date, Field(json_schema_extra={"pattern": r"^\d{4}-\d{2}-\d{2}"})]
Where = Annotated[str, Field(max_length=4_000)]


def fix(deployment: RunnerDeployment) -> None:
    """Let the forms of a deployment show what it is made with, and the server take nothing else in its place."""
    properties = deployment._parameter_openapi_schema.properties  # noqa: SLF001 - Prefect's `freeze` loses the value where an entrypoint is a module
    for name, value in deployment.parameters.items():
        properties[name] = {**properties[name], **_fixed(value)}


def let_choose(deployment: RunnerDeployment, choices: Mapping[str, Sequence[str]]) -> None:
    """Let the form of a deployment offer these values for a list parameter, and the server take no others."""
    properties = deployment._parameter_openapi_schema.properties  # noqa: SLF001 - a flow's own types cannot know the settings
    for name, values in choices.items():
        if name in properties:
            properties[name] = {**properties[name], **_offered(values)}
