"""Fill in the generated parts of a page when the site is built: the hook of mkdocs.yml.

A comment such as `<!-- generate: settings archive -->` is replaced by what the generator of that
name returns. A name that nobody knows ends the build.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from docs.generate import (
    commands,
    documents,
    findings,
    metrics,
    operations,
    probabilities,
    settings,
)

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\(docs/")
MARKER = re.compile(r"^<!-- generate: (\S+)((?: \S+)*) -->$", re.MULTILINE)


def include(name: str) -> str:
    """Return a page from the root of the repository, with its links as they are inside docs."""
    return LINK.sub("](", (ROOT / name).read_text(encoding="utf-8"))


GENERATORS: Mapping[str, Callable[..., str]] = {
    "settings": settings.settings_table,
    "shared-settings": settings.shared_table,
    "commands": commands.command_pages,
    "exit-codes": commands.exit_codes,
    "classes": documents.classes,
    "findings": findings.findings,
    "headers": findings.headers,
    "operations": operations.operations,
    "metrics": metrics.metrics,
    "fitted-on": probabilities.fitted_on,
    "probabilities": probabilities.figures,
    "include": include,
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
