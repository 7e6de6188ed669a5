import json
import threading
from collections.abc import Generator

import httpx
import pytest

from pipeline.adapters.caspio.client.errors import AccessDenied
from pipeline.adapters.caspio.client.http.auth import (
    ClientCredentials,
    KeptToken,
    Secret,
    TokenDelayed,
)
from tests.fakes.clock import FakeClock

URL = "https://abc12345.caspio.com"
Flow = Generator[httpx.Request, httpx.Response, None]


def reply(status: int, body: object = None) -> httpx.Response:
    """Make a reply to hand to the flow; its body arrives in pieces, as from a network."""
    raw = b"" if body is None else json.dumps(body).encode()
    return httpx.Response(status, content=iter([raw[:5], raw[5:]]))


def token(text: str = "T1", **more: object) -> httpx.Response:
    """Make the token endpoint's good answer."""
    return reply(200, {"access_token": text, "expires_in": 86399, **more})


@pytest.fixture
def auth(clock: FakeClock) -> ClientCredentials:
    """Make the authentication of one account, without a token yet."""
    return ClientCredentials(
        url=URL, client_id="id", client_secret=Secret("hush-hush"), clock=clock
    )


def play(auth: ClientCredentials, *replies: httpx.Response) -> list[str]:
    """Feed replies to one request's flow and return what it sent: "token" or the bearer used."""
    flow = auth.sync_auth_flow(httpx.Request("GET", f"{URL}/x"))
    sent = []
    request = next(flow)
    for answer in replies:
        is_token = request.url.path == "/oauth/token"
        sent.append("token" if is_token else request.headers["Authorization"])
        try:
            request = flow.send(answer)
        except StopIteration:
            break
    return sent


def test_first_request_fetches_a_token(auth: ClientCredentials) -> None:
    """A request without a token asks for one, then goes out with it."""
    assert play(auth, token("A"), reply(200)) == ["token", "Bearer A"]


def test_token_is_kept(auth: ClientCredentials) -> None:
    """A second request uses the token that the first one fetched."""
    play(auth, token("A"), reply(200))

    assert play(auth, reply(200)) == ["Bearer A"]


def test_token_is_not_used_close_to_its_end(auth: ClientCredentials, clock: FakeClock) -> None:
    """A token within a minute of its end is replaced before it can fail."""
    play(auth, token("A", expires_in=3600), reply(200))

    clock.advance(3600 - 59)

    assert play(auth, token("B"), reply(200)) == ["token", "Bearer B"]


@pytest.mark.parametrize(
    "refusal", [(401, None), (401, {"Message": "no"}), (400, {"Code": "IncorrectQueryParameter"})]
)
def test_refused_token_is_replaced_once(
    auth: ClientCredentials, refusal: tuple[int, object]
) -> None:
    """A refusal of an older token fetches one new token and sends the request once more."""
    play(auth, token("A"), reply(200))

    sent = play(auth, reply(*refusal), token("B"), reply(*refusal), reply(200))

    assert sent == ["Bearer A", "token", "Bearer B"]


def test_new_token_is_not_doubted(auth: ClientCredentials) -> None:
    """A refusal of a token made for this very request is taken at its word."""
    assert play(auth, token("A"), reply(401), reply(200)) == ["token", "Bearer A"]


def test_other_refusals_keep_the_token(auth: ClientCredentials) -> None:
    """A 400 with another code has nothing to do with the token."""
    play(auth, token("A"), reply(200))

    assert play(auth, reply(400, {"Code": "SqlServerError"}), reply(200)) == ["Bearer A"]


def test_wrong_credentials_stop_the_run_without_showing_them(auth: ClientCredentials) -> None:
    """Refused credentials are AccessDenied, with a way out and without the secret."""
    with pytest.raises(AccessDenied, match="client id and secret") as caught:
        play(auth, reply(400, {"error": "invalid_client"}))

    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "busy", [(503, None), (429, None), (400, [{"name": "api-calls-rate", "message": "too many"}])]
)
def test_busy_token_endpoint_is_no_refusal(
    auth: ClientCredentials, busy: tuple[int, object]
) -> None:
    """A token endpoint that is busy delays the request and says nothing about the credentials."""
    with pytest.raises(TokenDelayed):
        play(auth, reply(*busy))


def test_one_token_for_all_threads(auth: ClientCredentials) -> None:
    """Threads that need a token at once wait for the one request that is on its way."""
    asked = []
    barrier = threading.Barrier(8)

    def run() -> None:
        barrier.wait()
        flow = auth.sync_auth_flow(httpx.Request("GET", f"{URL}/x"))
        request = next(flow)
        if request.url.path == "/oauth/token":
            asked.append(1)
            flow.send(token("A"))
        flow.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(asked) == 1


def test_flow_given_up_lets_the_next_one_in(auth: ClientCredentials) -> None:
    """A flow that ends while it waits for a token does not keep others from asking."""
    flow = auth.sync_auth_flow(httpx.Request("GET", f"{URL}/x"))
    next(flow)

    flow.close()

    assert play(auth, token("A"), reply(200)) == ["token", "Bearer A"]


def test_download_is_not_read_by_authentication(auth: ClientCredentials) -> None:
    """A good answer's body is left for whoever asked, so that files stream."""
    flow = auth.sync_auth_flow(httpx.Request("GET", f"{URL}/x"))
    next(flow)
    flow.send(token("A"))
    answer = reply(200, {"a": 1})

    with pytest.raises(StopIteration):
        flow.send(answer)

    assert not answer.is_stream_consumed


def test_secret_is_never_shown() -> None:
    """A secret shows in no way that text is made of values."""
    secret = Secret("hush-hush")

    assert "hush" not in f"{secret} {secret!r} {[secret]} {secret!s:>20}"


def test_a_kept_token_outlives_its_client(clock: FakeClock) -> None:
    """The next client uses it; refused, it is taken again once, and both clients hide both tokens."""
    kept = KeptToken()
    first, second = (
        ClientCredentials(
            url=URL, client_id="id", client_secret=Secret("hush-hush"), clock=clock, kept=kept
        )
        for _ in range(2)
    )
    play(first, token("first token"), reply(200))

    assert play(second, reply(200)) == ["Bearer first token"]
    assert play(second, reply(401), token("other token"), reply(200)) == [
        "Bearer first token",
        "token",
        "Bearer other token",
    ]
    assert play(first, reply(200)) == ["Bearer other token"]
    assert first.redacted("first token, other token") == "****, ****"
    assert second.redacted("other token") == "****"
