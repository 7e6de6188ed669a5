import pytest

from flows.app.direct import work_directly
from flows.app.drain import Drain
from flows.app.reading import KeptReader
from flows.app.run_request import RunRequest
from pipeline.errors import BadSettings
from tests.integration.pipeline.accounts import Source
from tests.integration.webhooks.conftest import MakeHooked
from tests.integration.webhooks.hooked import Hooked

pytestmark = pytest.mark.integration

TOKEN, FIELDS = "POST /oauth/token", "GET /v3/tables/{tableName}/fields"


def calls_of_a_run(hooked: Hooked, kept: KeptReader) -> dict[str, int]:
    """Run for one record, as a receiver does for a message; return the calls by kind."""
    hooked.emulator.control.reset_calls()
    request = RunRequest(records=("1",), yes=True)
    work_directly(hooked.config, sources=["uploads"], request=request, drain=Drain(), kept=kept)
    return hooked.emulator.control.calls()


def test_runs_of_a_receiver_share_token_and_fields(make_hooked: MakeHooked):
    """The first run asks for both, once; the next asks again only for what it needs to."""
    hooked, kept = make_hooked(Source(rename="")), KeptReader()

    first, second = (calls_of_a_run(hooked, kept) for _ in range(2))
    hooked.emulator.control.fault({"kind": "expired_token", "times": 1})
    refused = calls_of_a_run(hooked, kept)
    hooked.config.write_text(hooked.config.read_text() + "\n[processing]\nmax_pages = 90\n")
    changed = calls_of_a_run(hooked, kept)
    kept.close()

    asked = [
        (made.get(TOKEN, 0), made.get(FIELDS, 0)) for made in (first, second, refused, changed)
    ]
    assert asked == [(1, 1), (0, 0), (1, 0), (1, 1)]


def test_a_column_that_was_missing_is_looked_for_again(make_hooked: MakeHooked):
    """Whoever adds what the settings name is not reported for ten minutes that it is missing."""
    hooked, kept = make_hooked(Source(rename="", columns={"Later": "doc_type"})), KeptReader()
    asked = []

    for _ in range(2):
        with pytest.raises(BadSettings, match="Later"):
            calls_of_a_run(hooked, kept)
        asked.append(hooked.emulator.control.calls()[FIELDS])
    kept.close()

    assert asked == [1, 1]
