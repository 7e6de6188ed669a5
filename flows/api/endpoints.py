"""The endpoints of the API, generated from the table of tools, so that none can be forgotten."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

from flows.agents.tools.arguments import NAMES
from flows.agents.tools.catalog import all_tools
from flows.agents.tools.names import named_operations
from flows.agents.tools.tool import Method, Schema, Tool
from pipeline.adapters.caspio.client.operations import (
    API_VERSION,
    OPERATIONS,
    AnswerKind,
    Operation,
)

ROOT = "/api"
_READS = {Method.LIST, Method.GET}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One tool as method and path.

    Attributes:
        segments: The path below `/api/ACCOUNT`; one in braces is an argument.
        body: The argument that the JSON body is; "*" where it has all arguments, "" for none.
        takes_file: Whether the body is the bytes of a file, and `name` in the query its name.
        sends_file: Whether the answer is the bytes of a file.
    """

    tool: Tool
    method: str
    segments: tuple[str, ...]
    body: str = ""
    takes_file: bool = False
    sends_file: bool = False

    @property
    def is_plain(self) -> bool:
        """Say whether it only reads and answers in JSON, with all arguments in the address."""
        return self.method == "GET" and not (self.body or self.takes_file or self.sends_file)

    @property
    def path(self) -> str:
        """Return the path below `/api/ACCOUNT`."""
        return "/" + "/".join(self.segments)

    @property
    def in_path(self) -> tuple[str, ...]:
        """Return the arguments that are parts of the path."""
        return tuple(part[1:-1] for part in self.segments if part.startswith("{"))

    @property
    def in_query(self) -> Mapping[str, Schema]:
        """Return the arguments that are in the query, with their schemas."""
        elsewhere = {*self.in_path, self.body, "file"}
        if self.body == "*":
            return {}
        return {n: s for n, s in self.tool.properties.items() if n not in elsewhere}

    def values(self, segments: Sequence[str]) -> Mapping[str, str] | None:
        """Return the arguments in the segments of a path, None where it is another one's."""
        if len(segments) != len(self.segments):
            return None
        found = {}
        for own, given in zip(self.segments, segments, strict=True):
            if own.startswith("{"):
                found[own[1:-1]] = given
            elif own != given:
                return None
        return found


@cache
def endpoints() -> tuple[Endpoint, ...]:
    """Return an endpoint for every tool, in the order of the tools."""
    operations = {one.name: OPERATIONS[one.operation] for one in named_operations()}
    return tuple(
        _of_operation(tool, operations[name]) if name in operations else _of_pipeline(tool)
        for name, tool in all_tools().items()
    )


def _of_operation(tool: Tool, operation: Operation) -> Endpoint:
    """Return the endpoint of one of Caspio's operations: its own method and path."""
    steps = operation.template.removeprefix(f"/{API_VERSION}/").split("/")
    return Endpoint(
        tool,
        operation.method,
        tuple(f"{{{NAMES[step[1:-1]]}}}" if step.startswith("{") else step for step in steps),
        body=next((name for name in ("values", "body") if name in tool.properties), ""),
        takes_file=bool(operation.file_part),
        sends_file=operation.answer is AnswerKind.BYTES,
    )


def _of_pipeline(tool: Tool) -> Endpoint:
    """Return the endpoint of a tool of ours: what reads is a GET, the rest a POST."""
    reads = tool.method in _READS
    segments = (tool.tag, tool.name)
    return Endpoint(tool, "GET" if reads else "POST", segments, body="" if reads else "*")


def find(segments: Sequence[str]) -> Iterator[tuple[Endpoint, Mapping[str, str]]]:
    """Yield the endpoints of a path, one for each method, with the arguments in it.

    A path of names wins over one in which a name could be an argument: `/files/path` is not a key.
    """
    matching = [
        (one, values) for one in endpoints() if (values := one.values(segments)) is not None
    ]
    fewest = min((len(values) for _, values in matching), default=0)
    yield from ((one, values) for one, values in matching if len(values) == fewest)


def segments_of(raw_path: bytes) -> tuple[str, ...]:
    """Return the decoded parts of a path; a slash within a name is encoded."""
    path = raw_path.partition(b"?")[0].decode("ascii", errors="replace")
    return tuple(unquote(part) for part in path.strip("/").split("/"))
