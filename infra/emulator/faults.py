"""Faults as data: which requests they affect, and what goes wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

FaultKind = Literal[
    "status",
    "cut",
    "stall",
    "reset",
    "lost",
    "expired_token",
    "expired_midway",
    "rate_limited",
    "latency",
    "drip",
    "duplicate",
    "edit",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One scripted fault.

    A request matches when it meets every condition that is set. The first `after` matching requests
    pass; the next `times` (0: all) meet the fault. Kinds:

    - status: answer `status` with `body` (JSON, or a text as it is) and `headers`; do not process.
    - cut: process, then send only `bytes` bytes of the body (-1: half). With `declared`, the answer
      announced its full length; without, it ends with a last chunk (`ending` "chunked") or with
      a closed connection and no length at all ("close").
    - stall: wait `seconds` before processing, or with `bytes` > 0 after so many bytes of the body.
    - reset: drop the connection before processing.
    - lost: process, then drop the connection instead of answering.
    - expired_token: end the request's token for good, and answer as to a token that has ended.
    - expired_midway: end the request's token after `bytes` bytes of the body. The answer continues;
      the next call is refused.
    - latency: process at once, and answer `seconds` later.
    - drip: send the body `bytes` bytes at a time (default 1) with `seconds` between them.
    - duplicate: process the request twice, as if a proxy sent it again, and send the second answer.
    - edit: change records as another user. `edits` (see `account.edits.apply`) come from `source`,
      before the request is processed or (`when` "after") afterwards. The request itself is not
      affected and may also meet another fault.
    - rate_limited: answer as the account's rate limit does, with `status` and `retry_after` if set.

    Deliveries of webhook messages match as the operation "Delivery": `latency` delays a message so
    that later ones overtake it, `duplicate` sends it twice, `lost` never sends it.

    Attributes:
        operation: operationId of the specification.
        method: HTTP method.
        template: Path template such as `/v3/tables/{tableName}/records`, or `/oauth/token`.
        contains: Text that the decoded path and query must contain.
    """

    kind: FaultKind
    operation: str = ""
    method: str = ""
    template: str = ""
    contains: str = ""
    after: int = 0
    times: int = 1
    status: int = 0
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    bytes: int = -1
    declared: bool = True
    ending: Literal["chunked", "close"] = "chunked"
    seconds: float = 0.0
    retry_after: int = 0
    edits: Sequence[Mapping[str, Any]] = ()
    when: Literal["before", "after"] = "before"
    source: str = "Datasheet"

    def matches(self, *, operation: str, method: str, template: str, target: str) -> bool:
        """Report whether a request meets every condition that is set."""
        return (
            self.operation in {"", operation}
            and self.method.upper() in {"", method}
            and self.template in {"", template}
            and self.contains in target
        )


def fault_from_json(data: object) -> Fault:
    """Read a fault; ValueError names what is wrong."""
    kinds = get_args(FaultKind)
    if not isinstance(data, dict) or data.get("kind") not in kinds:
        raise ValueError(f"A fault is an object whose kind is one of {', '.join(kinds)}.")

    known = {member.name for member in fields(Fault)}
    unknown = set(data) - known
    if unknown:
        raise ValueError(
            f"Unknown members {', '.join(sorted(unknown))}; a fault has {', '.join(sorted(known))}."
        )
    return Fault(**data)


class Faults:
    """The active faults, and how many requests matched each."""

    def __init__(self) -> None:
        self._active: list[Fault] = []
        self._matched: list[int] = []

    def add(self, fault: Fault) -> None:
        """Activate a fault."""
        self._active.append(fault)
        self._matched.append(0)

    def clear(self) -> None:
        """Remove all faults."""
        self._active.clear()
        self._matched.clear()

    def listed(self) -> list[dict[str, Any]]:
        """Return the active faults, each with the number of requests that have `matched`."""
        listed = []
        for fault, matched in zip(self._active, self._matched, strict=True):
            members = {member.name: getattr(fault, member.name) for member in fields(Fault)}
            listed.append({**members, "matched": matched})
        return listed

    def due(self, *, operation: str, method: str, template: str, target: str) -> list[Fault]:
        """Count a request for every fault it matches, and return the faults that it meets."""
        due = []
        for index, fault in enumerate(self._active):
            if not fault.matches(
                operation=operation, method=method, template=template, target=target
            ):
                continue
            # The turn of this request: 1 for the first that does not pass any more.
            self._matched[index] += 1
            turn = self._matched[index] - fault.after
            if turn > 0 and (fault.times == 0 or turn <= fault.times):
                due.append(fault)
        return due


def first_fault(due: Sequence[Fault]) -> Fault | None:
    """Return the first fault that harms the request itself, None if there is none."""
    # An edit changes records beside the request, so it does not hide another fault.
    return next((fault for fault in due if fault.kind != "edit"), None)
