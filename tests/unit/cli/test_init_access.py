"""`init` asks again where an address or a credential is wrong."""

import pytest

from flows.app.onboarding.access import Access
from flows.app.onboarding.wiring import open_account
from flows.cli.account.init_access import ask_access
from pipeline.errors import ServiceUnavailable, Unauthorized
from tests.unit.cli.conftest import Script

RIGHT = Access("https://abc12345.caspio.com", "id", "right")


def check(access: Access) -> None:
    """Answer as an account does."""
    if access.url != RIGHT.url:
        raise ServiceUnavailable(f"{access.url} cannot be reached.")
    if access.client_secret != RIGHT.client_secret:
        raise Unauthorized("Caspio refused the client id and secret.")


def test_a_mistyped_address_and_secret_are_asked_again(monkeypatch: pytest.MonkeyPatch):
    """Each mistake is said, and what was right is kept with Return."""
    monkeypatch.setenv("CASPIO_CLIENT_ID", "id")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "wrong")
    user = Script(iter(["https://abc1234.caspio.com", RIGHT.url + "/", "", "", "", "", "right"]))

    access = ask_access(user, None, check=check)

    assert access == RIGHT
    assert user.said[:2] == [
        "https://abc1234.caspio.com cannot be reached.",
        "Caspio refused the client id and secret.",
    ]
    # Said once, of the credentials that are right.
    assert user.said[2:] == [
        "Export CASPIO_CLIENT_ID and CASPIO_CLIENT_SECRET, too: no file has them."
    ]
    assert user.asked[-2:] == ["Client id [id]:", "Client secret [unchanged]:"]
    assert not any("wrong" in text for text in user.asked + user.said)


def test_a_right_address_is_not_asked_for(monkeypatch: pytest.MonkeyPatch):
    """With --url and credentials that the account takes, nothing is asked."""
    monkeypatch.setenv("CASPIO_CLIENT_ID", "id")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", " right\n")

    assert ask_access(Script(iter([])), RIGHT.url, check=check) == RIGHT


def test_an_address_that_is_none_is_asked_again(monkeypatch: pytest.MonkeyPatch):
    """A comma behind a copied address is said in a sentence, before anything is sent."""
    monkeypatch.setenv("CASPIO_CLIENT_ID", "id")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "right")

    def reach(access: Access) -> None:
        if access.url != RIGHT.url:
            with open_account(access):
                pass

    user = Script(iter(["http://127.0.0.1:8250,", RIGHT.url, "", ""]))

    assert ask_access(user, None, check=reach) == RIGHT
    assert "http://127.0.0.1:8250, is not the address of an account" in user.said[0]
