import re
from pathlib import Path

import httpx
import pytest

from pipeline.adapters.caspio import client as client_package
from pipeline.adapters.caspio.client import CaspioClient
from pipeline.adapters.caspio.client.errors import Misconfigured
from pipeline.adapters.caspio.client.operations import API_VERSION, OPERATIONS
from tests.fakes.clock import FakeClock


@pytest.mark.parametrize(
    "url",
    [
        "http://abc12345.caspio.com",
        "abc12345.caspio.com",
        "https://abc12345.caspio.com/rest/v2",
        "https://me:pw@abc12345.caspio.com",
        "ftp://localhost",
        "",
    ],
)
def test_unusable_address_is_refused(url: str) -> None:
    """Only https may carry a secret, and only the account's address alone is taken."""
    with pytest.raises(Misconfigured):
        CaspioClient(url=url, client_id="id", client_secret="s", clock=FakeClock())


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://localhost:1/", "https://abc12345.caspio.com/"]
)
def test_loopback_may_be_plain(url: str) -> None:
    """Plain http is good for this machine, and a slash at the end does no harm."""
    with CaspioClient(url=url, client_id="id", client_secret="s", clock=FakeClock()) as client:
        assert not repr(client).endswith("/)")


def test_all_problems_are_listed_together() -> None:
    """A user corrects everything in one go."""
    with pytest.raises(Misconfigured) as caught:
        CaspioClient(url="http://x.example/path", client_id="", client_secret="", clock=FakeClock())

    assert len(caught.value.problems) == 4


@pytest.mark.parametrize(
    ("answer", "does"),
    [
        (httpx.Response(200, json={"userId": 1}), True),
        (httpx.Response(200, text="<html>a page of a proxy</html>"), False),
        (httpx.Response(404, json={"Code": "ObjectNotFound", "Message": "no"}), False),
        (httpx.Response(403), False),
    ],
)
def test_the_versions_that_answer_are_known(answer: httpx.Response, *, does: bool) -> None:
    """v4 answers if its `/me` answers with JSON; a page or a refusal is no answer."""
    asked = []

    def reply(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "t" * 20, "expires_in": 86_399})
        return answer if "/v4/" in request.url.path else httpx.Response(200, json={"Result": []})

    with CaspioClient(
        url="https://abc12345.caspio.com",
        client_id="id",
        client_secret="s",
        clock=FakeClock(),
        transport=httpx.MockTransport(reply),
    ) as client:
        found = client.versions()

    assert found == {"v3": True, "v4": does}
    assert "/integrations/rest/v4/me" in asked


def test_the_version_is_chosen_in_one_place() -> None:
    """Every path of the table begins with it, and no other module of the client names one."""
    package = Path(client_package.__file__).parent
    naming = {
        path.name for path in package.rglob("*.py") if re.search(r'"/v\d/', path.read_text("utf-8"))
    }

    assert all(one.template.startswith(f"/{API_VERSION}/") for one in OPERATIONS.values())
    assert naming == {"operations.py"}
