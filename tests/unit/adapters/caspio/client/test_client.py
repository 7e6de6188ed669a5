import pytest

from pipeline.adapters.caspio.client import CaspioClient
from pipeline.adapters.caspio.client.errors import Misconfigured
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
