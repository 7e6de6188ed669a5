"""Attachments that a rule generates when they are read: for seeds with very many records."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from infra.emulator.state.content import Content

NUMBER_HOLE = re.compile(r"\{n(?::0(\d{1,2}))?\}")
"""The record's number in a template: `{n}`, or `{n:06}` with leading zeros."""


def fill_template(template: str, number: int) -> str:
    """Fill the record's number into a template."""
    return NUMBER_HOLE.sub(lambda hole: str(number).zfill(int(hole[1] or 0)), template)


@dataclass(frozen=True, slots=True)
class AttachmentRule:
    """The content of a field's attachments: a template `text`, or `size` bytes that look random."""

    size: int
    seed: int
    text: str
    created: str

    @classmethod
    def from_seed(cls, data: Mapping[str, Any], *, created: str) -> Self:
        """Read a seed's rule."""
        return cls(
            size=data.get("size", 0),
            seed=data.get("seed", 0),
            text=data.get("text", ""),
            created=created,
        )

    @classmethod
    def from_stored(cls, text: str) -> Self:
        """Read a rule that `stored` returned."""
        size, seed, template, created = json.loads(text)
        return cls(size=size, seed=seed, text=template, created=created)

    def stored(self) -> str:
        """Return the rule as text."""
        return json.dumps([self.size, self.seed, self.text, self.created])

    def content(self, pk: int) -> Content:
        """Return the content of one record's attachment."""
        if self.text:
            shown = fill_template(self.text, pk)
            return Content(size=len(shown.encode()), rule=f"text:{shown}")
        return Content(size=self.size, rule=f"seed:{self.seed}:{pk}")
