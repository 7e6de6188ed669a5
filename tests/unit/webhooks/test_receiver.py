"""The receiver's answers: what is refused, what is kept, and that nothing else is done."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.webhooks.receiver import PATH, Receiver
from pipeline.settings import Settings
from tests.fakes.ledger import MemoryLedger
from tests.unit.webhooks.conftest import SECRET, body, load

JSON = {"Content-Type": "application/json"}


class Door:
    """A receiver and what it received."""

    def __init__(self, settings: Settings, ledger: MemoryLedger) -> None:
        """Open it."""
        self.woken = 0
        self.ledger = ledger
        self._app = Receiver(lambda: settings, ledger, ("old", SECRET), self._wake).app()

    def _wake(self) -> None:
        self.woken += 1

    def post(self, data: Any, **headers: str) -> tuple[int, Any]:
        """Send a message."""
        reply = self.ask("POST", PATH, content=data, headers={**JSON, **headers})
        return reply.status_code, reply.json()

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Make any request, without a socket."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://receiver") as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Return what was kept."""
        return [
            (message.source, message.message_id)
            for message in self.ledger.messages.latest("a.caspio.com")
        ]


@pytest.fixture
def door(settings: Settings, ledger: MemoryLedger) -> Door:
    """A receiver."""
    return Door(settings, ledger)


def test_a_message_is_kept_before_it_is_answered(door: Door):
    """The answer says how many sources it concerns, and whoever hands out is woken."""
    assert door.post(body()) == (200, {"kept": 2})

    assert sorted(door.kept) == [("papers", "m1"), ("scans", "m1")]
    assert door.woken == 1


def test_a_message_that_comes_again_is_answered_and_nothing_more(door: Door):
    """Caspio's second attempt is a success, and starts nothing."""
    door.post(body())

    assert door.post(body()) == (200, {"kept": 0})
    assert (len(door.kept), door.woken) == (2, 1)


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET[:-1]])
def test_a_wrong_secret_leaves_nothing_behind(door: Door, secret: str | None):
    """It is refused with 401, and the answer does not say what would have been right."""
    status, said = door.post(body(secret=secret))

    assert (status, door.kept, SECRET in str(said)) == (401, [], False)


def _signature(data: bytes) -> str:
    return hmac.new(SECRET.encode(), data, hashlib.sha256).hexdigest()


def test_a_signature_replaces_the_secret(door: Door):
    """A signed message needs no secret in its body."""
    data = body(secret=None)

    assert door.post(data, **{"X-Caspio-Signature": _signature(data)})[0] == 200


@pytest.mark.parametrize(
    ("data", "signed"), [(body(), b"other"), (body(secret="wrong"), body(secret="wrong"))]
)
def test_a_wrong_one_of_both_is_refused(door: Door, data: bytes, signed: bytes):
    """Where there are a signature and a secret, both must be right."""
    assert door.post(data, **{"X-Caspio-Signature": _signature(signed)})[0] == 401


def test_a_signature_can_be_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: MemoryLedger
):
    """Then the secret in the body alone is not enough, and the header has the name of the settings."""
    door = Door(
        load(tmp_path, monkeypatch, 'signature = "required"\nsignature_header = "X-Signed"'), ledger
    )

    assert door.post(body())[0] == 401
    assert door.post(body(), **{"X-Signed": _signature(body())})[0] == 200


def test_a_body_that_is_too_large_is_refused(door: Door):
    """By its declared length at once, and without one as soon as it is beyond the limit."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * 2**18

    assert door.post(b"x" * (2**20 + 1))[0] == 413
    assert door.post(chunks())[0] == 413
    assert door.kept == []


@pytest.mark.parametrize(
    "media_type", ["text/plain", "", "application/x-www-form-urlencoded", "application/jsonx"]
)
def test_another_media_type_is_refused(door: Door, media_type: str):
    """A message is JSON."""
    assert (
        door.ask("POST", PATH, content=body(), headers={"Content-Type": media_type}).status_code
        == 415
    )


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_name_its_charset(door: Door, media_type: str):
    """Parameters and case of the media type do not matter."""
    assert (
        door.ask("POST", PATH, content=body(), headers={"Content-Type": media_type}).status_code
        == 200
    )


def test_another_method_or_path_is_refused(door: Door):
    """Only POST at one path takes messages."""
    assert [door.ask(method, PATH).status_code for method in ("GET", "PUT", "DELETE")] == [405] * 3
    assert door.ask("POST", "/", content=body(), headers=JSON).status_code == 404


def test_what_is_no_message_is_refused(door: Door):
    """The answer says what is wrong and repeats nothing of the body."""
    status, said = door.post(body(data="<script>"))

    assert (status, said) == (400, {"error": "data is not a list of records"})


def test_without_a_ledger_the_sender_is_asked_to_come_again(door: Door):
    """A message that cannot be kept is never answered with success."""
    door.ledger.down = "no space left"

    assert door.post(body())[0] == 503
    assert door.ask("GET", "/health").status_code == 503
    door.ledger.down = ""
    assert door.post(body())[0] == 200


def test_health_shows_what_waits(door: Door):
    """It is for whoever watches the process."""
    door.post(body())

    assert door.ask("GET", "/health").json() == {"status": "ok", "waiting": 2, "started": 0}


@pytest.mark.parametrize(
    "nonsense", [b"{" * 10, b"[" * 100_000, b'{"data": [], "secret": "wrong"}']
)
def test_a_strangers_message_is_not_parsed(
    door: Door, monkeypatch: pytest.MonkeyPatch, nonsense: bytes
):
    """Without the secret somewhere in it, a body costs no more than a search."""

    def parse(_body: bytes) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr("flows.webhooks.receiver.parse", parse)

    status, _ = door.post(nonsense)

    assert status == 401
