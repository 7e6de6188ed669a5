"""Faults as data: which request meets one, and what goes wrong there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

Kind = Literal[
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

    A request matches when every matcher that is set agrees; of the matching ones `after` pass unharmed, the next
    `times` meet the fault (0: all). Kinds:

    - status: answer `status` with `body` (JSON, or text as it is) and `headers`, without processing;
    - cut: process, then send only `bytes` of the body (-1: half) and end. With `declared` the true length was
      announced; without, the end is a clean last chunk (`ending` "chunked") or a closed connection that never told a
      length ("close");
    - stall: wait `seconds` before processing, or with `bytes` > 0 after that many bytes of the answer;
    - reset: drop the connection before processing;
    - lost: process in full, then drop the connection in place of the answer;
    - expired_token: end the request's token for good, so that the answer is that to a stale token;
    - expired_midway: end the request's token after `bytes` of the answer, which goes on; the next call has a stale one;
    - latency: process at once, and answer `seconds` later;
    - drip: send the body `bytes` at a time (1 by default) with `seconds` between;
    - duplicate: process the request twice, as a proxy that sends again does, and answer as the second time;
    - edit: let somebody else change records: `edits` as `infra.emulator.edits.apply` takes them, from `source`, before
      the request is processed or (`when` "after") once it is; the request itself is not harmed, and may meet another
      fault;
    - rate_limited: answer as the account's rate limit does, with `status` and `retry_after` where they are set.

    Deliveries of webhooks are matched as operation "Delivery": `latency` holds a message back so that others overtake
    it, `duplicate` sends it twice, `lost` never.

    Attributes:
        operation: operationId of the specification.
        method: HTTP method.
        template: Path template such as `/v3/tables/{tableName}/records`, or `/oauth/token`.
        contains: Text that the decoded path and query must contain.
    """

    kind: Kind
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
        """Say whether a request is one of those this fault is for."""
        return (
            self.operation in {"", operation}
            and self.method.upper() in {"", method}
            and self.template in {"", template}
            and self.contains in target
        )


def fault_from_json(data: object) -> Fault:
    """Read a fault; ValueError names what is wrong."""
    known = {one.name for one in fields(Fault)}
    if not isinstance(data, dict) or data.get("kind") not in get_args(Kind):
        raise ValueError(f"A fault is an object whose kind is one of {', '.join(get_args(Kind))}.")
    unknown = set(data) - known
    if unknown:
        raise ValueError(
            f"Unknown members {', '.join(sorted(unknown))}; a fault has {', '.join(sorted(known))}."
        )
    return Fault(**data)


class Faults:
    """The faults in force and how often each was met."""

    def __init__(self) -> None:
        self._counted: list[tuple[Fault, list[int]]] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        self._counted.append((fault, [0]))

    def clear(self) -> None:
        """Drop all faults."""
        self._counted.clear()

    def listed(self) -> list[dict[str, Any]]:
        """Return the faults in force with the number of requests that matched so far."""
        return [
            {one.name: getattr(fault, one.name) for one in fields(Fault)} | {"matched": seen[0]}
            for fault, seen in self._counted
        ]

    def next(self, *, operation: str, method: str, template: str, target: str) -> Fault | None:
        """Count a request with every fault it matches and return the first one that strikes."""
        return next(
            (one for one in self.due(operation, method, template, target) if one.kind != "edit"),
            None,
        )

    def due(self, operation: str, method: str, template: str, target: str) -> list[Fault]:
        """Count a request with every fault it matches and return all that strike."""
        struck: list[Fault] = []
        for fault, seen in self._counted:
            if not fault.matches(
                operation=operation, method=method, template=template, target=target
            ):
                continue
            seen[0] += 1
            if seen[0] > fault.after and (not fault.times or seen[0] <= fault.after + fault.times):
                struck.append(fault)
        return struck
