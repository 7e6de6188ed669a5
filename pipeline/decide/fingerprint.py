"""Identify what decides, beside the reading itself, which values are written and which name a file is given."""

import json
from dataclasses import asdict

from pipeline.model import SourceSpec, short_digest

VERSION = "1"
"""Counted up where mapping or naming comes to other results from the same findings and settings."""

_DECIDES = (
    "columns", "overwrite", "overwrite_columns", "rename", "index", "min_confidence", "review", "allow_formulas",
)  # fmt: skip


def plan_fingerprint(spec: SourceSpec) -> str:
    """Return 20 hex digits that change when the same findings would be planned otherwise."""
    settings = asdict(spec)
    relevant = {name: settings[name] for name in _DECIDES}
    return short_digest([VERSION, json.dumps(relevant, sort_keys=True)])
