"""The parameters of flows, from which the Prefect UI builds forms: types, bounds, choices.

The UI takes a parameter's description from the `Args:` of its flow's docstring and its bounds from
these types; the server refuses what is out of bounds before a run is created. `serve` and `deploy`
add what a deployment fixes and the choices its settings offer. `prefect deploy` builds forms from
the types alone; environment variables give it the same (infra/prefect.yaml).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from prefect.deployments.runner import RunnerDeployment
from pydantic import Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from pipeline.environment import environment

# A form keeps its keys in the parameters of the run, which the server stores with each state.
MOST_RECORDS = 1_000

_Key = Annotated[str, Field(min_length=1, max_length=1_000)]


def _fixed(value: object) -> dict[str, Any]:
    return {"readOnly": True, "enum": [value]}


def _offered(values: Sequence[str]) -> dict[str, Any]:
    return {"items": {"type": "string", "enum": list(values)}, "uniqueItems": True}


@dataclass(frozen=True, slots=True)
class _FromEnvironment:
    """Extends a field's schema by the value of an environment variable, if it is set."""

    variable: str
    schema_of: Callable[[str], dict[str, Any]]

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        value = environment(self.variable)
        return handler(core_schema) | (self.schema_of(value) if value else {})


Source = Annotated[str, Field(min_length=1), _FromEnvironment("DEPLOY_SOURCE", _fixed)]
Sources = Annotated[
    list[Annotated[str, Field(min_length=1)]],
    _FromEnvironment("DEPLOY_SOURCES", lambda names: _offered(names.split())),
]
Config = Annotated[str, Field(min_length=1), _FromEnvironment("DEPLOY_CONFIG", _fixed)]
Limit = Annotated[int, Field(ge=1, le=10_000_000)] | None
Records = Annotated[list[_Key], Field(max_length=MOST_RECORDS)]
NamedRecords = Annotated[list[_Key], Field(min_length=1, max_length=MOST_RECORDS)]
# The server does not look at a date's format, and the UI may add a time of day to it.
Day = Annotated[date, Field(json_schema_extra={"pattern": r"^\d{4}-\d{2}-\d{2}"})]
Where = Annotated[str, Field(max_length=4_000)]
ClassName = Annotated[str, Field(max_length=100)]


def fix(deployment: RunnerDeployment) -> None:
    """Fix the parameters that a deployment is created with: the form shows them read-only."""
    # Prefect's `freeze` loses the value if the entrypoint is a module.
    properties = deployment._parameter_openapi_schema.properties  # noqa: SLF001 - see above
    for name, value in deployment.parameters.items():
        properties[name] = {**properties[name], **_fixed(value)}


def offer_classes(deployment: RunnerDeployment, names: Sequence[str]) -> None:
    """Offer the classes of documents in a form, and none; the server accepts no others."""
    properties = deployment._parameter_openapi_schema.properties  # noqa: SLF001 - see `fix`
    properties["as_class"] = {**properties["as_class"], "enum": ["", *names]}


def offer_choices(deployment: RunnerDeployment, choices: Mapping[str, Sequence[str]]) -> None:
    """Offer values for list parameters in a deployment's form; the server accepts no others."""
    # A flow's own types cannot know the settings.
    properties = deployment._parameter_openapi_schema.properties  # noqa: SLF001 - see above
    for name, values in choices.items():
        if name in properties:
            properties[name] = {**properties[name], **_offered(values)}
