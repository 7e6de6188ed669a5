"""What a message reports, and whom it concerns."""

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given, strategies as st

from pipeline.model import Effect, EffectKind, EffectState, SourceSpec, Value
from pipeline.model.messages import ReportedRecord
from pipeline.settings import Settings
from pipeline.webhooks.incoming import (
    PART,
    BadMessage,
    Envelope,
    NotFromCaspio,
    is_own_write,
    is_signed,
    parse,
    require_secret,
    route,
)
from tests.fakes.ledger import MemoryLedger
from tests.unit.webhooks.conftest import SECRET, body

TYPES = {"Scan": "ATTACHMENT", "File": "FILE", "Total": "NUMBER"}


def _digest(data: bytes, secret: str = SECRET) -> bytes:
    return hmac.new(secret.encode(), data, hashlib.sha256).digest()


@pytest.mark.parametrize("encode", ["hex", "HEX", "base64"])
@pytest.mark.parametrize("prefix", ["", "sha256=", "SHA-256="])
def test_a_signature_is_taken_in_every_usual_form(encode: str, prefix: str):
    """Hex in either case and base64, with or without a prefix, under any of the secrets."""
    digest = _digest(b"body")
    forms = {
        "hex": digest.hex(),
        "HEX": digest.hex().upper(),
        "base64": base64.b64encode(digest).decode(),
    }

    assert is_signed(b"body", prefix + forms[encode], ["old", SECRET])


@pytest.mark.parametrize(
    "signature", ["", "sha256=", "x", _digest(b"other").hex(), _digest(b"body", "else").hex()]
)
def test_a_wrong_signature_is_refused(signature: str):
    """Another body's, another secret's, or none."""
    assert not is_signed(b"body", signature, [SECRET])


@pytest.mark.parametrize("secret", ["", "x", SECRET + "x", "\ud800"])
def test_a_wrong_secret_is_refused(secret: str):
    """The secret in the body must be one of those known; without any known none is right."""
    envelope = Envelope("m", "e", "T", secret, ())

    with pytest.raises(NotFromCaspio):
        require_secret(envelope, [SECRET])
    with pytest.raises(NotFromCaspio):
        require_secret(Envelope("m", "e", "T", "", ()), [])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"[" * 100_000,
        b"\xff",
        body(data="x"),
        body(data=[1]),
        body(messageId=""),
        body(messageId=5),
        body(objectName=None),
        body(eventType="x" * 501),
    ],
)
def test_what_caspio_does_not_send_is_refused(data: bytes):
    """No JSON, another shape, or words that are missing."""
    with pytest.raises(BadMessage):
        parse(data)


_JSON = st.recursive(st.none() | st.text() | st.integers(), st.lists).map(
    lambda value: json.dumps(value).encode()
)


@pytest.mark.slow
@given(st.binary(max_size=200) | _JSON)
def test_whatever_comes_is_read_or_refused(data: bytes):
    """No body makes the reader fail otherwise."""
    try:
        parse(data)
    except BadMessage:
        return


Routed = list[tuple[str, tuple[ReportedRecord, ...], str]]


def _routed(settings: Settings, data: bytes, types: dict[str, str] | None = None) -> Routed:
    specs = settings.specs().values()
    found = route(parse(data), specs, "a", types=dict.fromkeys(settings.specs(), types or {}))
    return [(message.source, message.records, message.note) for message in found]


def test_a_table_of_several_sources_makes_a_message_for_each(settings: Settings):
    """Names of tables are compared as Caspio does, without case."""
    assert [one[0] for one in _routed(settings, body("PAPERS"))] == ["papers", "scans"]


def test_an_unknown_table_is_done_at_once(settings: Settings):
    """A message no source is about is kept with that as its outcome."""
    ((source, reported, note),) = _routed(settings, body("Strangers"))

    assert (source, reported) == ("", ())
    assert "'Strangers'" in note


def test_a_deleted_record_needs_nothing(settings: Settings):
    """The message of a delete is done as it comes."""
    notes = [one[2] for one in _routed(settings, body(eventType="table.recordDelete"))]

    assert all("deleted" in note for note in notes)


def test_a_views_records_are_reported_by_its_table(settings: Settings):
    """A view hears of the table it names, by the same PK_ID."""
    assert [
        (s, [t.key for t in reported]) for s, reported, _ in _routed(settings, body("Others"))
    ] == [("joined", ["7"])]


def test_a_folders_files_are_reported_by_the_paths_in_a_row(settings: Settings):
    """A folder hears of the paths below it that stand in a row of the table it names."""
    rows = [{"PK_ID": 1, "File": "/In/a.pdf", "Other": "/Out/b.pdf"}, {"PK_ID": 2, "File": None}]

    assert [
        (s, [t.key for t in reported]) for s, reported, _ in _routed(settings, body("Rows", *rows))
    ] == [("inbox", ["/In/a.pdf"])]


@pytest.mark.parametrize("pk", [None, "", "x", "1;2", -1, True, 1.5, "1" * 19, "\u0667", {"a": 1}])
def test_a_row_without_a_sound_key_is_left_out(settings: Settings, pk: object):
    """What is no PK_ID never gets near a WHERE clause."""
    found = _routed(settings, body("Papers", {"PK_ID": pk}))

    assert {(reported, note) for _, reported, note in found} == {
        ((), "it names no record or file of the source")
    }


def test_a_message_about_many_records_comes_in_parts(settings: Settings):
    """A bulk change makes as many messages as it needs, with every record in one of them."""
    rows = [{"PK_ID": number} for number in range(1, 2 * PART + 2)]

    found = [
        reported
        for source, reported, _ in _routed(settings, body("Others", *rows))
        if source == "joined"
    ]

    assert [len(reported) for reported in found] == [PART, PART, 1]
    assert [one.key for reported in found for one in reported] == [
        str(row["PK_ID"]) for row in rows
    ]


@pytest.mark.parametrize(("types", "kept"), [({"Scan": "ATTACHMENT"}, {"Scan": "a.pdf"}), ({}, {})])
def test_values_of_unknown_columns_are_not_kept(
    settings: Settings, types: dict[str, str], kept: dict[str, str]
):
    """What people have typed elsewhere in the record does not get into the ledger."""
    found = _routed(settings, body("Others", {"PK_ID": 7, "Scan": "a.pdf"}), types)

    assert [one.values for _, reported, _ in found for one in reported] == [kept]


def _wrote(
    ledger: MemoryLedger, kind: EffectKind = EffectKind.UPDATE_COLUMNS, **after: Value
) -> None:
    effect = Effect(
        kind, "v", "Papers", "7", before=dict.fromkeys(after), after=after, field="File"
    )
    ledger.effects.settle(ledger.effects.intend(effect, "run"), EffectState.VERIFIED)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"Total": 5}, True),
        ({"Total": "5.0"}, True),
        ({"Total": 6}, False),
        ({"Total": 5, "File": "/a/new.pdf"}, True),
        ({"File": "/a/other.pdf"}, False),
        ({"Scan": "a.pdf"}, False),
        ({"Total": 5, "Status": "x"}, False),
        ({}, False),
    ],
)
def test_what_we_wrote_ourselves_is_an_own_change(
    ledger: MemoryLedger,
    values: dict[str, Value],
    expected: bool,  # noqa: FBT001
):
    """A record reported with nothing but what this program put there is none to look at; in doubt it is."""
    _wrote(ledger, Total=5)
    _wrote(ledger, EffectKind.REPOINT, File="/a/new.pdf")
    spec = SourceSpec("papers", table="Papers")

    assert is_own_write(ReportedRecord("7", values), spec, types=TYPES, ledger=ledger) is expected
