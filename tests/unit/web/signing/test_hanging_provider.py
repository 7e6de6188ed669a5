"""An identity provider that does not answer is not asked by every request of a stranger."""

import httpx
import pytest
from pydantic import SecretStr

from flows.web.signing.oidc import FAILED, Provider, SignInFailed
from pipeline.model.users import Role
from pipeline.settings.web import OidcSettings
from tests.fakes.clock import FakeClock

SETTINGS = OidcSettings(
    issuer="https://id.example.com",
    client_id="page",
    client_secret=SecretStr("x"),
    roles={"reviewers": Role.REVIEWER},
)


def test_a_provider_that_failed_is_left_alone_for_a_while():
    """Each request would hold a thread of the page as long as it hangs; later it is asked again."""
    asked: list[str] = []

    def hang(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        raise httpx.ReadTimeout("nothing came", request=request)

    clock, transport = FakeClock(), httpx.MockTransport(hang)
    provider = Provider(SETTINGS, clock, lambda: httpx.Client(transport=transport))

    def begin_three_times() -> int:
        for _ in range(3):
            with pytest.raises(SignInFailed, match="does not answer"):
                provider.begin(callback="https://page.example.com/login/oidc/callback", to="/")
        return len(asked)

    within = begin_three_times()
    clock.advance(FAILED.total_seconds())

    assert (within, begin_three_times()) == (1, 2)
