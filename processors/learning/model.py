"""Keep what was learned of one column, as JSON that says what it was learned from."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Self

from processors.learning.types import ColumnKind

FORMAT = 5
MOST_BYTES = 4 * 2**20
"""The largest JSON: most columns have less than 300 kB, one with 10,000 senders a few MB."""


class BadModel(ValueError):
    """A stored model is damaged, too large, or of another format; train it again."""


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """What a model was learned from: records, their ids, and the newest value."""

    records: int
    digest: str
    newest: str


@dataclass(frozen=True)
class ColumnModel:
    """What was learned of one column. `body` has the numbers; the modules that use them know how.

    `finding` is the finding of the rules that the column is mapped to, None where there is none.
    `order` is that of day and month in the column's dates.
    """

    kind: ColumnKind
    finding: str | None
    order: str
    trained_on: TrainedOn
    body: Mapping[str, Any]

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the model: equal models choose alike."""
        return hashlib.sha256(_dumped(self._whole()).encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """Return a short name of the model, for the fingerprint of a column."""
        return f"learned:{self.digest[:16]}"

    def to_json(self) -> str:
        """Return the model with its digest."""
        return _dumped({**self._whole(), "sha256": self.digest})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Load a model.

        Raises:
            BadModel: it is not a model, was changed, or has another format.
        """
        if len(text) > MOST_BYTES:
            raise BadModel(f"a model of {len(text)} characters is larger than {MOST_BYTES}")
        try:
            whole = json.loads(text)
            stated = whole.pop("sha256")
            if whole.pop("format") != FORMAT:
                raise BadModel("the model has another format")
            model = cls(
                kind=ColumnKind(whole["kind"]),
                finding=whole["finding"],
                order=whole["order"],
                trained_on=TrainedOn(**whole["trained_on"]),
                body=whole["body"],
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadModel(f"this is not a model: {error}") from error
        if model.digest != stated:
            raise BadModel("the model is not what was stored: its digest differs")
        return model

    def _whole(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "kind": self.kind.value,
            "finding": self.finding,
            "order": self.order,
            "trained_on": asdict(self.trained_on),
            "body": self.body,
        }


def _dumped(whole: Mapping[str, Any]) -> str:
    return json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
