"""Where a record's values come from: facts about our own work, for columns to hold. Pure."""

import json
from collections.abc import Iterable, Mapping

from pipeline.decide.confidence import confidence_text
from pipeline.findings import STAMP_NAMES
from pipeline.model import Finding


def provenance(
    findings: Iterable[Finding],
    *,
    sha256: str,
    address: str,
    status: str,
    run_id: str,
    processed_at: str,
) -> Mapping[str, Finding]:
    """Return the facts by name; `confidence` is the lowest, `provenance` has all as JSON."""
    # A record is as certain as its least certain value.
    found = [finding.confidence for finding in findings if finding.value is not None]
    facts = {"sha256": sha256, "archive_address": address, "status": status}
    if found:
        facts["confidence"] = confidence_text(min(found))
    stamps = {"processed_at": processed_at, "run_id": run_id}
    # ASCII only: a TEXT column counts characters, and Caspio refuses some of them.
    whole = json.dumps({**facts, **stamps}, ensure_ascii=True, separators=(",", ":"))
    named = {**facts, **stamps, "provenance": whole}
    return {name: known_fact(text) for name, text in named.items()}


def known_fact(text: str) -> Finding:
    """Return something that is known of every document, and so is certain."""
    return Finding(text, 1.0, "known of every document")


def known_facts(text: str, *, pages: int, media_type: str) -> dict[str, Finding]:
    """Return the facts about every document that columns may be mapped to."""
    facts = {"text": text, "pages": str(pages), "media_type": media_type}
    return {name: known_fact(value) for name, value in facts.items() if value}


def same_provenance(current: object, wanted: object) -> bool:
    """Say whether two JSON texts differ only in when, and in which run, they were written."""
    lasting = _without_stamps(current)
    return lasting is not None and lasting == _without_stamps(wanted)


def _without_stamps(text: object) -> Mapping[str, object] | None:
    try:
        whole = json.loads(str(text))
    except ValueError:
        return None
    if not isinstance(whole, dict):
        return None
    return {name: value for name, value in whole.items() if name not in STAMP_NAMES}
