"""The pages of a plan are of that plan, over the HTTP API as over MCP."""

import pytest

from tests.integration.agents.desk import RAW, Desk
from tests.integration.agents.test_lost_files import a_record, put
from tests.integration.api.caller import ApiDesk

pytestmark = pytest.mark.integration

MORE_THAN_A_PAGE = 21


@pytest.fixture(scope="module")
def token(desk: Desk) -> str:
    """A token for everything, in an account with more uploads than a page of a plan has."""
    made = desk.token(scope=RAW)
    for number in range(MORE_THAN_A_PAGE):
        put(desk, made, a_record(desk, made), f"upload {number}")
    return made


def test_the_second_page_is_of_the_same_plan(api: ApiDesk, token: str):
    """What `next_cursor` of a new plan continues is shown with its digest, and nothing is left out."""
    made = api.by(token).send("POST", "/pipeline/plan", json={"source": "main"}).json()
    digest = made["result"]["digest"]

    again = {"digest": digest, "cursor": made["next_cursor"]}
    second = api.by(token).send("POST", "/pipeline/plan", json=again).json()

    assert second["result"]["digest"] == digest
    shown = [*made["result"]["changes"], *second["result"]["changes"]]
    assert second["next_cursor"] is None
    assert len({one["record"] for one in shown}) == len(shown) == made["result"]["records"]


@pytest.mark.parametrize("more", [{"source": "main"}, {"limit": 7}, {"source": "main", "limit": 7}])
def test_what_made_the_plan_may_be_repeated_with_its_digest(
    api: ApiDesk, token: str, more: dict[str, str | int]
):
    """The digest says which plan it is: the rest of the first request changes no page of it."""
    made = api.by(token).send("POST", "/pipeline/plan", json={"source": "main"}).json()
    digest = made["result"]["digest"]

    again = {**more, "digest": digest, "cursor": made["next_cursor"]}
    second = api.by(token).send("POST", "/pipeline/plan", json=again).json()

    assert second["result"]["digest"] == digest
    assert len(second["result"]["changes"]) == made["result"]["records"] - 20


@pytest.mark.parametrize("again", [{"source": "main"}, {}, {"source": "main", "limit": 100}])
def test_a_cursor_alone_makes_no_other_plan(
    api: ApiDesk, desk: Desk, token: str, again: dict[str, str | int]
):
    """Repeated with a cursor in place of the digest, the request is refused, with what is missing."""
    made = api.by(token).send("POST", "/pipeline/plan", json={"source": "main"}).json()
    again = {**again, "cursor": made["next_cursor"]}

    refused = api.by(token).send("POST", "/pipeline/plan", json=again)

    assert refused.status_code == 400
    assert "Pages are of one plan: give its digest with the cursor." in refused.text
    assert "Begin without one" not in refused.text
    assert desk.error(token, "plan", source="main", cursor="20") == "arguments"
