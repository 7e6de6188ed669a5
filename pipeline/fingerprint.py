"""Identify what decides, beside the reading itself, which values are written and which name a file is given."""

import hashlib
import json
from dataclasses import asdict

from pipeline.model import SourceSpec

VERSION = "1"
"""Counted up where mapping or naming comes to other results from the same findings and settings."""

_DECIDES = (
    "columns", "overwrite", "overwrite_columns", "rename", "index", "min_confidence", "review", "allow_formulas",
)  # fmt: skip


def plan_fingerprint(spec: SourceSpec) -> str:
    """Return 16 hex digits that change when the same findings would be planned otherwise."""
    settings = asdict(spec)
    relevant = [VERSION, {name: settings[name] for name in _DECIDES}]
    return hashlib.sha256(json.dumps(relevant, sort_keys=True, default=str).encode()).hexdigest()[:16]
