"""Identify the settings of a source by what they decide."""

import hashlib
import json
from dataclasses import asdict

from pipeline.model import SourceSpec, short_digest

VERSION = "1"
"""Counted up when mapping or naming comes to other results from the same findings and settings."""

# Settings that decide what is written for the same findings.
_PLAN_SETTINGS = (
    "columns",
    "overwrite",
    "overwrite_columns",
    "rename",
    "index",
    "min_confidence",
    "review",
    "allow_formulas",
)
# Settings that change when, how often or after what a source runs, and not what it writes.
_NOT_IN_HASH = frozenset(
    {
        "confirm",
        "schedule",
        "max_writes",
        "max_writes_window_s",
        "webhook_table",
        "reprocess_column",
    }
)


def plan_fingerprint(spec: SourceSpec) -> str:
    """Return 20 hex digits that change when the same findings would be planned differently."""
    settings = asdict(spec)
    relevant = {name: settings[name] for name in _PLAN_SETTINGS}
    return short_digest([VERSION, json.dumps(relevant, sort_keys=True)])


def settings_hash(spec: SourceSpec) -> str:
    """Return 16 hex digits that change when a source writes other values or to another place.

    The first run after such a change only plans, so that an operator looks at it.
    """
    relevant = {name: value for name, value in asdict(spec).items() if name not in _NOT_IN_HASH}
    text = json.dumps(relevant, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
