"""Attachments that a rule generates when they are read: for seeds with very many records."""

import re
from dataclasses import dataclass

from infra.emulator.state.content import Content

NUMBER_HOLE = re.compile(r"\{n(?::0(\d{1,2}))?\}")
"""The record's number in a template: `{n}`, or `{n:06}` with leading zeros."""


def fill_template(template: str, number: int) -> str:
    """Fill the record's number into a template."""
    return NUMBER_HOLE.sub(lambda hole: str(number).zfill(int(hole[1] or 0)), template)


@dataclass(frozen=True, slots=True)
class AttachmentRule:
    """The content of a field's attachments: a template `text`, or `size` bytes that look random."""

    table: str
    field: str
    created: str
    size: int = 0
    seed: int = 0
    text: str = ""

    @property
    def key(self) -> str:
        """The key by which the rule is found."""
        return f"{self.table}/{self.field}"

    def content(self, pk: int) -> Content:
        """Return the content of one record's attachment."""
        if self.text:
            shown = fill_template(self.text, pk)
            return Content(size=len(shown.encode()), rule=f"text:{shown}")
        return Content(size=self.size, rule=f"seed:{self.seed}:{pk}")
