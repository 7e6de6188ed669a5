import pytest

from flows.app.direct import work_directly
from flows.app.drain import Drain
from flows.app.reading import KeptReader
from flows.app.run_request import RunRequest
from flows.app.wiring.account import open_settings_account
from pipeline.adapters.caspio.client import NewField
from pipeline.errors import BadSettings
from tests.integration.pipeline.accounts import Source, fields
from tests.integration.webhooks.conftest import MakeHooked
from tests.integration.webhooks.hooked import Hooked

pytestmark = pytest.mark.integration

TOKEN, FIELDS = "POST /oauth/token", "GET /v3/tables/{tableName}/fields"


def calls_of_a_run(hooked: Hooked, kept: KeptReader, *, record: str = "1") -> dict[str, int]:
    """Run for one record, as a receiver does for a message; return the calls by kind."""
    hooked.emulator.control.reset_calls()
    request = RunRequest(records=(record,), yes=True)
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


def test_a_file_field_that_was_added_between_two_runs_is_seen(make_hooked: MakeHooked):
    """A row that names a file is repointed before the file is deleted, however new its field is."""
    source = Source(place={"table": "Papers"}, columns={}, rename="{{ doc_type }}")
    records = [{"PK_ID": pk, "Scan": f"/In/{pk}.txt"} for pk in (1, 2)]
    tables = {
        "Papers": {"fields": fields(Scan="FILE"), "records": records},
        "Other": {"fields": fields(Note="STRING"), "records": []},
    }
    files = {f"/In/{pk}.txt": f"upload{pk}.txt" for pk in (1, 2)}
    hooked = make_hooked(source, account={"tables": tables, "files": files})
    kept = KeptReader()

    calls_of_a_run(hooked, kept)
    with open_settings_account(hooked.settings) as account:
        account.client.tables.create_field("Other", NewField("Doc", "FILE"))
        account.client.tables.insert("Other", {"Doc": "/In/2.txt"})
    calls_of_a_run(hooked, kept, record="2")
    kept.close()

    seen = hooked.emulator.control.dump()
    pointed = [row["Doc"] for row in seen["tables"]["Other"] if row.get("Doc")]
    assert pointed != ["/In/2.txt"]
    assert set(pointed) <= set(seen["files"])
