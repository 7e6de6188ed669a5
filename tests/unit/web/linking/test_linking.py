"""The page of a link: it takes credentials once, for a while, and shows nothing else."""

import threading
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from pydantic import SecretStr

from flows.web.guard import POLICY
from flows.web.linking.app import create_link_app
from flows.web.linking.desk import MOST_TRIES, LinkDesk
from pipeline.errors import ServiceUnavailable, Unauthorized
from tests.support.asgi import AsgiClient
from tests.unit.pipeline.world import World
from tests.unit.web.conftest import ORIGIN, SAME_SITE

RIGHT = {"client_id": "canary-id", "client_secret": "canary-secret"}
VALID = timedelta(hours=1)


@dataclass
class Customer:
    """A customer with a link, and what was taken of them."""

    world: World
    taken: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = self.world.clock
        url = "https://abc12345.caspio.com"
        self.desk = LinkDesk("acme", url, clock.now() + VALID, clock, self.take)
        self.path = f"/link/{self.desk.link()}"
        app = create_link_app(self.desk, origins=frozenset({ORIGIN}))
        self.client = AsgiClient(app, base_url=ORIGIN)

    def take(self, client_id: SecretStr, client_secret: SecretStr) -> None:
        """Accept the right credentials only."""
        if client_secret.get_secret_value() != RIGHT["client_secret"]:
            raise Unauthorized("Caspio refuses these credentials.")
        self.taken.append((client_id.get_secret_value(), client_secret.get_secret_value()))

    def send(self, path: str = "", **form: str) -> tuple[int, str]:
        """Send the form; return status and text of the answer."""
        answer = self.client.post(path or self.path, data=form, headers=SAME_SITE)
        return answer.status_code, answer.text


@pytest.fixture
def customer(world: World) -> Customer:
    """A customer who has just got the link."""
    return Customer(world)


def test_credentials_are_taken_once(customer: Customer):
    """The page names account and address; what is accepted is taken, and the link leads nowhere then."""
    asked = customer.client.get(customer.path)
    again = customer.client.get(customer.path)  # mail programs look at links
    status, done = customer.send(**RIGHT)

    assert (asked.status_code, again.status_code, status) == (200, 200, 200)
    assert "acme" in asked.text
    assert "https://abc12345.caspio.com" in asked.text
    assert customer.taken == [("canary-id", "canary-secret")]
    assert "canary" not in done
    assert customer.desk.entered is not None
    assert "canary" not in repr(customer.desk)
    assert customer.client.get(customer.path).status_code == 404
    assert customer.send(**RIGHT)[0] == 404
    assert len(customer.taken) == 1


def test_what_caspio_refuses_can_be_corrected(customer: Customer):
    """The page says why, without the values, and the link still works."""
    status, page = customer.send(client_id="canary-id", client_secret="canary-wrong")
    later, _ = customer.send(**RIGHT)

    assert status == 422
    assert "Caspio refuses these credentials." in page
    assert "canary" not in page
    assert later == 200


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"client_id": "canary-id"},
        {"client_id": " ", "client_secret": "canary-secret"},
        {"client_id": "x" * 1_001, "client_secret": "canary-secret"},
    ],
)
def test_half_of_the_credentials_is_not_sent_to_caspio(customer: Customer, form: dict[str, str]):
    """What is missing, blank or too long is refused here, and is no attempt."""
    for _ in range(MOST_TRIES + 1):
        status, page = customer.send(**form)
        assert status == 422
        assert "Enter the client id and the client secret." in page

    assert customer.send(**RIGHT)[0] == 200


def test_a_link_expires(customer: Customer):
    """After its time it neither shows the form nor takes anything."""
    customer.world.clock.advance(VALID.total_seconds())

    assert customer.client.get(customer.path).status_code == 404
    assert customer.send(**RIGHT)[0] == 404
    assert customer.taken == []


def test_guessing_ends_the_link(customer: Customer):
    """After ten wrong tries the link is over: Caspio is not asked any more."""
    for _ in range(MOST_TRIES):
        customer.send(client_id="x", client_secret="guess")

    assert customer.send(**RIGHT)[0] == 404
    assert customer.desk.ended.is_set()
    assert customer.taken == []


def test_an_outage_is_no_wrong_try(customer: Customer):
    """Where Caspio does not answer, nothing was guessed: the link still works afterwards."""

    def down(*_: SecretStr) -> None:
        raise ServiceUnavailable("Caspio is not issuing tokens now.")

    customer.desk.take = down
    statuses = {customer.send(**RIGHT)[0] for _ in range(MOST_TRIES + 1)}
    customer.desk.take = customer.take

    assert statuses == {422}
    assert customer.send(**RIGHT)[0] == 200


def test_the_end_waits_for_who_is_entering(customer: Customer):
    """Credentials that are being checked when the time is up are taken, and are said to be."""
    desk, checking, go_on = customer.desk, threading.Event(), threading.Event()

    def slow(*given: SecretStr) -> None:
        checking.set()
        assert go_on.wait(60)
        customer.take(*given)

    desk.take = slow
    sender = threading.Thread(target=customer.send, kwargs=RIGHT)
    sender.start()
    assert checking.wait(60)
    closer = threading.Thread(target=desk.close)
    closer.start()
    ended_early = desk.ended.is_set()
    go_on.set()
    closer.join()
    is_known = desk.entered is not None
    sender.join()

    assert (ended_early, is_known) == (False, True)
    assert len(customer.taken) == 1


@pytest.mark.parametrize(
    "path", ["/link/x", "/link/", "/link/" + "x" * 43, "/", "/login", "/review"]
)
def test_every_other_address_does_not_exist(customer: Customer, path: str):
    """Without the link there is nothing: no form, no page of the account, no hint."""
    answer = customer.client.get(path)

    assert answer.status_code == 404
    assert "acme" not in answer.text
    assert customer.send(path, **RIGHT)[0] == 404


def test_the_page_is_guarded_as_every_other(customer: Customer):
    """Another site can neither send the form nor show it, and another name for the address is refused."""
    foreign = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    sent = customer.client.post(customer.path, data=RIGHT, headers=foreign)
    renamed = customer.client.get(customer.path, headers={"host": "evil.example"})
    shown = customer.client.get(customer.path)

    assert (sent.status_code, renamed.status_code) == (403, 421)
    assert customer.taken == []
    assert shown.headers["content-security-policy"] == POLICY
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["referrer-policy"] == "same-origin"


def test_of_two_senders_one_is_taken(customer: Customer):
    """The form sent twice at the same moment is taken once."""
    statuses: list[int] = []
    barrier = threading.Barrier(2)

    def send() -> None:
        barrier.wait()
        app = create_link_app(customer.desk, origins=frozenset({ORIGIN}))
        client = AsgiClient(app, base_url=ORIGIN)
        statuses.append(client.post(customer.path, data=RIGHT, headers=SAME_SITE).status_code)

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200, 404]
    assert len(customer.taken) == 1
