"""Fill in the generated parts of a page when the site is built: the hook of mkdocs.yml.

A comment such as `<!-- generate: settings archive -->` is replaced by what the generator of that
name returns. A name that nobody knows ends the build.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from docs.generate import commands, settings

ROOT = Path(__file__).parents[2]
MARKER = re.compile(r"^<!-- generate: (\S+)((?: \S+)*) -->$", re.MULTILINE)

GENERATORS: Mapping[str, Callable[..., str]] = {
    "settings": settings.settings_table,
    "commands": commands.command_pages,
    "exit-codes": commands.exit_codes,
}
"""Every generator by the name that pages use."""


def filled_in(markdown: str) -> str:
    """Replace every marker of a page by what its generator writes."""

    def generated(marker: re.Match[str]) -> str:
        return GENERATORS[marker[1]](*marker[2].split())

    return MARKER.sub(generated, markdown)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Fill in a page before it is rendered; MkDocs calls this."""
    return filled_in(markdown)
