"""What a document and everything in it say together: one class, one value a name, each with the file it comes from.

The record gets one value. Where several files of the same kind say different things, none of them is it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.model import Child, Finding

_NAMED = 4
"""Files a reason names; more would bury it."""


@dataclass(frozen=True, slots=True)
class _Voice:
    """What one file says; `name` is "" for the document itself."""

    name: str
    doc_type: Finding
    fields: Mapping[str, Finding]

    @property
    def weight(self) -> float:
        return sum(
            finding.confidence for finding in self.fields.values() if finding.value is not None
        )


def together(
    doc_type: Finding, fields: Mapping[str, Finding], children: Sequence[Child]
) -> tuple[Finding, dict[str, Finding]]:
    """Return class and values of a document with its children.

    The file that says most leads: its values are taken together, so that no total meets another bill's date. What it
    does not say is taken from the others where they agree. A child of the leading child's class that says otherwise
    makes a value unsure; what a document says of its own child does not.
    """
    own = _Voice("", doc_type, fields)
    voices = [own, *(_voice(child) for child in children if child.findings.status.readable)]
    lead = max(voices, key=lambda voice: (voice.weight, voice.doc_type.value is not None))
    names = dict.fromkeys(name for voice in voices for name in voice.fields)
    told = {name: finding for name in names if (finding := _value(name, lead, voices)) is not None}
    typed = (
        lead
        if lead.doc_type.value is not None
        else next((v for v in voices if v.doc_type.value), lead)
    )
    return _said(typed.doc_type, typed), told


def _voice(child: Child) -> _Voice:
    return _Voice(child.name, child.findings.doc_type, child.findings.fields)


def _value(name: str, lead: _Voice, voices: Sequence[_Voice]) -> Finding | None:
    said = lead.fields.get(name)
    if said is not None and said.value is not None:
        rivals = [
            voice for voice in _rivals(lead, voices) if _differs(voice.fields.get(name), said)
        ]
        return _unsure(name, [lead, *rivals]) if rivals else _said(said, lead)
    others = [
        voice
        for voice in voices
        if (finding := voice.fields.get(name)) and finding.value is not None
    ]
    if not others:
        return _said(said, lead) if said is not None else next(_any(name, voices), None)
    best = max(others, key=lambda voice: voice.fields[name].confidence)
    differing = [
        voice for voice in others if voice.name and _differs(voice.fields[name], best.fields[name])
    ]
    return (
        _unsure(name, [best, *differing])
        if differing and best.name
        else _said(best.fields[name], best)
    )


def _rivals(lead: _Voice, voices: Sequence[_Voice]) -> Iterator[_Voice]:
    """Yield the other children that are of the leading child's class."""
    for voice in voices:
        if (
            lead.name
            and voice.name
            and voice is not lead
            and voice.doc_type.value == lead.doc_type.value
        ):
            yield voice


def _any(name: str, voices: Sequence[_Voice]) -> Iterator[Finding]:
    return (_said(voice.fields[name], voice) for voice in voices if name in voice.fields)


def _differs(one: Finding | None, other: Finding) -> bool:
    return one is not None and one.value is not None and one.value != other.value


def _unsure(name: str, voices: Sequence[_Voice]) -> Finding:
    values = "; ".join(f"{voice.fields[name].value} in {voice.name}" for voice in voices[:_NAMED])
    return Finding(None, 0.3, f"the files inside it differ: {values}")


def _said(finding: Finding, voice: _Voice) -> Finding:
    """Add to a value the file it comes from."""
    if not voice.name:
        return finding
    inside = f"{voice.name} / {finding.child}" if finding.child else voice.name
    reason = finding.reason if finding.child else f"{finding.reason} (in {voice.name})"
    return replace(finding, child=inside, reason=reason)
