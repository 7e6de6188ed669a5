"""Requests under a key: kept before their effect, answered the same, continued after a kill."""

from dataclasses import replace
from datetime import timedelta

from pipeline.model.agents import KeptRequest, RequestState
from pipeline.ports import Ledger

ONE = KeptRequest("t1", "key", "request")


def test_a_request_is_begun_once(ledger: Ledger):
    """The first one under a key is kept; the next learns what the first one was."""
    assert ledger.agents.begin_request(ONE, ttl_s=60) is None

    known = ledger.agents.begin_request(replace(ONE, request="another"), ttl_s=60)

    assert known is not None
    assert (known.request, known.state) == ("request", RequestState.UNDER_WAY)


def test_a_key_is_of_one_token(ledger: Ledger):
    """Another token may use the same key, and learns nothing of the first one's."""
    ledger.agents.begin_request(ONE, ttl_s=60)

    assert ledger.agents.begin_request(replace(ONE, token_id="t2"), ttl_s=60) is None
    assert ledger.agents.begin_request(replace(ONE, key="key2"), ttl_s=60) is None


def test_an_answer_is_kept(ledger: Ledger):
    """A request that was answered is answered the same, with the digest of its file."""
    ledger.agents.begin_request(ONE, ttl_s=60)
    ledger.agents.settle_request("t1", "key", body="abc", status=200, answer={"result": [1]})

    known = ledger.agents.begin_request(ONE, ttl_s=60)

    assert known is not None
    assert (known.state, known.status, known.body) == (RequestState.ANSWERED, 200, "abc")
    assert known.answer == {"result": [1]}
    assert not ledger.agents.take_over_request(known, ttl_s=60)


def test_a_request_that_was_abandoned_is_continued_by_one(ledger: Ledger):
    """Who does not renew is not under way; of two who notice, one continues."""
    ledger.agents.begin_request(ONE, ttl_s=0)
    known = ledger.agents.begin_request(ONE, ttl_s=60)

    assert known is not None
    assert known.state is RequestState.ABANDONED
    assert ledger.agents.take_over_request(known, ttl_s=60)
    assert not ledger.agents.take_over_request(known, ttl_s=60)
    again = ledger.agents.begin_request(ONE, ttl_s=60)
    assert again is not None
    assert again.state is RequestState.UNDER_WAY


def test_a_long_request_stays_under_way(ledger: Ledger):
    """Renewed, it is under way for as long as it takes."""
    ledger.agents.begin_request(ONE, ttl_s=0)
    ledger.agents.renew_request("t1", "key", ttl_s=60)

    known = ledger.agents.begin_request(ONE, ttl_s=60)

    assert known is not None
    assert known.state is RequestState.UNDER_WAY


def test_a_key_is_free_after_a_request_that_changed_nothing(ledger: Ledger):
    """It can be used for the same request, or another one."""
    ledger.agents.begin_request(ONE, ttl_s=60)

    ledger.agents.release_request("t1", "key")

    assert ledger.agents.begin_request(ONE, ttl_s=60) is None


def test_old_requests_are_forgotten(ledger: Ledger):
    """Those that are old and not under way; the others stay."""
    ledger.agents.begin_request(ONE, ttl_s=0)
    ledger.agents.begin_request(replace(ONE, key="under way"), ttl_s=600)
    known = ledger.agents.begin_request(ONE, ttl_s=60)
    assert known is not None
    assert known.at is not None

    assert ledger.agents.forget_requests(before=known.at) == 0
    assert ledger.agents.forget_requests(before=known.at + timedelta(minutes=1)) == 1
    assert ledger.agents.begin_request(ONE, ttl_s=60) is None
