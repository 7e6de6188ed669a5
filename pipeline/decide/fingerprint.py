"""Identify the settings of a source by what they decide."""

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pipeline.model import SourceSpec, short_digest
from pipeline.model.learning import LearnedColumn
from pipeline.model.plain import as_plain

DECIDING = (
    "decide/column_values.py",
    "decide/confidence.py",
    "decide/learned.py",
    "decide/mapping.py",
    "decide/naming.py",
    "decide/ownership.py",
    "decide/printed_values.py",
    "decide/provenance.py",
    "decide/spellings.py",
    "decide/templates.py",
    "findings.py",
)
"""Modules that decide what is written for the same findings and settings."""

# Settings that decide what is written for the same findings.
_PLAN_SETTINGS = (
    "columns",
    "overwrite",
    "overwrite_columns",
    "rename",
    "index",
    "limits",
    "column_limits",
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
        # What is learned proves itself before it is written.
        "learn",
        "learn_columns",
        # A column in use is refused, not written otherwise.
        "columns_in_use",
    }
)


def plan_fingerprint(
    spec: SourceSpec, learned: Mapping[str, LearnedColumn] = MappingProxyType({})
) -> str:
    """Return 20 hex digits that change when the same findings would be planned differently.

    A model counts from the step on at which its choices are suggested or written.
    """
    # Once for each record that is planned.
    relevant = {name: as_plain(getattr(spec, name)) for name in _PLAN_SETTINGS}
    models = {name: column.fingerprint for name, column in learned.items() if column.fingerprint}
    parts = [code_digest(), json.dumps(relevant, sort_keys=True)]
    if models:
        parts.append(json.dumps(models, sort_keys=True))
    return short_digest(parts)


@cache
def code_digest(package: Path = Path(__file__).parents[1]) -> str:
    """Return a digest of the code that decides, and of the template language that it uses.

    It is computed, so that nobody has to remember to count a version up. A process that goes on
    running after its code was replaced keeps the digest it had.
    """
    digest = hashlib.sha256(importlib.metadata.version("jinja2").encode())
    for name in DECIDING:
        digest.update((package / name).read_bytes())
    return digest.hexdigest()


def settings_hash(spec: SourceSpec) -> str:
    """Return 16 hex digits that change when a source writes other values or to another place.

    The first run after such a change only plans, so that an operator looks at it.
    """
    relevant = {name: value for name, value in asdict(spec).items() if name not in _NOT_IN_HASH}
    text = json.dumps(relevant, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
