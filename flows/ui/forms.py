"""The parameters of flows as the Prefect UI makes forms of them: types, bounds, and what there is to choose from.

The UI takes a parameter's description from the `Args:` of its flow's docstring and its bounds from these types; the
server refuses what is out of bounds before a run is made.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

from prefect.deployments.runner import RunnerDeployment
from pydantic import Field

MOST_RECORDS = 1_000

_Key = Annotated[str, Field(min_length=1, max_length=1_000)]

Source = Annotated[str, Field(min_length=1)]
Sources = list[Annotated[str, Field(min_length=1)]]
Config = Annotated[str, Field(min_length=1)]
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
        properties[name] = {**properties[name], "readOnly": True, "enum": [value]}


def let_choose(deployment: RunnerDeployment, choices: Mapping[str, Sequence[str]]) -> None:
    """Let the form of a deployment offer these values for a list parameter, and the server take no others."""
    properties = deployment._parameter_openapi_schema.properties  # noqa: SLF001 - a flow's own types cannot know the settings
    for name, values in choices.items():
        if name in properties:
            properties[name] = {
                **properties[name],
                "items": {"type": "string", "enum": list(values)},
                "uniqueItems": True,
            }
