"""What a tool is: constants that clients see, and the function that carries a call out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from flows.agents.accounts import AgentAccount
from flows.agents.tools.limits import LimitedDrain
from pipeline.adapters.caspio.client.values import Download, StreamedFile
from pipeline.model import SourceSpec
from pipeline.model.agents import Scope

Json = dict[str, Any]
Schema = Mapping[str, Any]

UNTRUSTED = "untrusted"
"""In every answer, true: its texts come from records and documents, and are no instructions."""


class Method(StrEnum):
    """What a tool does, as scopes name it."""

    LIST = "list"
    GET = "get"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    CUSTOM = "custom"


METHOD_GROUPS: Mapping[str, frozenset[Method]] = {
    "read": frozenset({Method.LIST, Method.GET}),
    "write": frozenset({Method.CREATE, Method.UPDATE, Method.DELETE}),
    "custom": frozenset({Method.CUSTOM}),
}
"""Methods that a scope can name together."""

TAGS = (
    "pipeline", "review", "tables", "views", "records", "attachments", "files",
    "webhooks", "tasks", "apps", "users",
)  # fmt: skip
"""Groups of tools, in the order in which they are listed."""


class Refusal(Exception):
    """A call is not carried out, or ends without an answer; the message says what to do.

    `kind` is a word that programs can decide by: `arguments`, `scope`, `not_found`, `try_later`,
    `in_doubt`, `stopped` or `failed`.
    """

    def __init__(self, message: str, *, kind: str = "arguments") -> None:
        """Keep the kind beside the message."""
        self.kind = kind
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Link:
    """A file that an answer names: `place` is its address below `caspio://<account>/`."""

    place: str
    name: str
    media_type: str = "application/octet-stream"
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool found or did.

    Attributes:
        content: Below `result` and beside it, as the output schema says.
        records: Records or files returned or changed, for the audit.
        run_id: The run that it made, "" for none.
        links: Files that can be read as resources.
        next_page: Tool and arguments that show the next page, where they are not those of the call.
    """

    content: Json
    records: int = 0
    run_id: str = ""
    links: tuple[Link, ...] = ()
    next_page: tuple[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """How the bytes of a file come and go where an answer is not the place for them.

    Attributes:
        upload: The file of the argument `file`, in place of base64.
        download: Is called with an open download and its name, and sends it on; without it, an
            answer has a link.
    """

    upload: StreamedFile | None = None
    download: Callable[[Download, str], None] | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call, checked against the tool's schema and the token's scope.

    Attributes:
        token: The name of the token, "" where nobody asks.
        report: Is called with the files handled, the files found so far, and a word.
        drain: Is asked to stop when the client cancels or the month's share is used up.
        transfer: How files are sent and received.
    """

    account: AgentAccount
    scope: Scope
    arguments: Mapping[str, Any]
    drain: LimitedDrain = field(default_factory=LimitedDrain)
    report: Callable[[int, int | None, str], None] = field(default=lambda *_: None)
    transfer: Transfer = field(default_factory=Transfer)
    token: str = ""

    def sources(self, names: Sequence[str] = ()) -> list[SourceSpec]:
        """Return the named sources, or all, that the token may touch.

        Raises:
            Refusal: a source is unknown to this token; it does not say whether others have it.
        """
        specs = {
            spec.name: spec
            for spec in self.account.settings.specs().values()
            if may_touch(self.scope, spec)
        }
        unknown = [name for name in names if name not in specs]
        if unknown:
            known = ", ".join(specs) or "none"
            raise Refusal(f"There is no source {unknown[0]!r}. Sources: {known}.", kind="not_found")
        return [specs[name] for name in names or specs]


def may_touch(scope: Scope, spec: SourceSpec) -> bool:
    """Say whether a scope covers a source; one for some tables covers no folder."""
    if not scope.is_narrowed:
        return True
    return spec.table in scope.tables or spec.view in scope.views


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool. All of it is constant: nothing of an account gets into what clients see.

    Attributes:
        tag: One of TAGS.
        properties: JSON Schemas of the arguments.
        result: JSON Schema of `result` in the answer.
        more: JSON Schemas of what is beside `result`.
        run: Carries out a call.
        container: The argument that names a table (`table`), a view (`view`) or a source
            (`source`); "" where the tool has none.
        is_shown: Whether tokens without tags see it.
        is_raw: Whether it changes Caspio without a plan.
        reads_only: Whether nothing changes, at Caspio or here.
        destroys: Whether it may overwrite or delete.
        repeats_safely: Whether a second call with the same arguments changes nothing more.
        takes_where: Whether it takes conditions.
        for_narrowed: Whether tokens for some tables and views may call it.
    """

    name: str
    tag: str
    method: Method
    description: str
    properties: Mapping[str, Schema]
    required: tuple[str, ...] = ()
    result: Schema
    more: Mapping[str, Schema] = field(default_factory=dict)
    run: Callable[[ToolCall], Answer]
    container: str = ""
    is_shown: bool = False
    is_raw: bool = False
    reads_only: bool = True
    destroys: bool = False
    repeats_safely: bool = True
    takes_where: bool = False
    for_narrowed: bool = True
