import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from pipeline.adapters.caspio import CaspioClient
from tests.fakes.clock import FakeClock

Reply = httpx.Response | Exception
Answer = Callable[[httpx.Request], Reply]


def reply(status: int, body: object = None, **headers: str) -> httpx.Response:
    """Make a reply whose body arrives in pieces, as from a network."""
    raw = b"" if body is None else json.dumps(body).encode()
    return httpx.Response(status, content=iter([raw[:5], raw[5:]]), headers=headers)


def token(text: str = "T1", **more: object) -> httpx.Response:
    """Make the token endpoint's good answer."""
    return reply(200, {"access_token": text, "expires_in": 86399, **more})


class Script:
    """Answers requests from a list, one after the other; token requests are answered by themselves."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.seen: list[httpx.Request] = []
        self.tokens = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        if request.url.path == "/oauth/token":
            self.tokens += 1
            return token(f"T{self.tokens}")
        self.seen.append(request)
        answer = self.replies.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def clock() -> FakeClock:
    """Make a clock on which waiting costs no time."""
    return FakeClock()


@pytest.fixture
def script() -> Script:
    """Make an empty list of replies."""
    return Script()


@pytest.fixture
def client(script: Script, clock: FakeClock) -> Iterator[CaspioClient]:
    """Make a client that is answered by the script."""
    with CaspioClient(
        url="https://abc12345.caspio.com",
        client_id="id",
        client_secret="hush-hush",
        clock=clock,
        rate="1000000/1s",
        transport=httpx.MockTransport(script),
    ) as made:
        yield made
