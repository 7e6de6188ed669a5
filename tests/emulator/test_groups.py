"""Passwords, tasks, applications and directories."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.emulator.api import Api, eventually, seed, serving

pytestmark = pytest.mark.integration
_ACCOUNT: dict[str, Any] = {
    "tables": {
        "People": {
            "fields": [
                {"Name": "Name", "Type": "STRING", "Unique": True},
                {"Name": "Age", "Type": "INTEGER"},
                {"Name": "Active", "Type": "YES/NO"},
            ],
            "records": [{"Name": "Ada", "Age": 36, "Active": True}],
        }
    },
    "files": {"/In/people.csv": "people.csv"},
    "tasks": {
        "Import": {
            "kind": "import",
            "table": "People",
            "file": "/In/people.csv",
            "mode": "upsert",
            "match": "Name",
        },
        "Export": {
            "kind": "export",
            "table": "People",
            "file": "/Out/people.csv",
            "where": "Age > 36",
        },
    },
    "applications": {
        "Desk": {"pages": {"Form": {"type": "WEBFORM", "note": "n"}, "Report": {"type": "REPORT"}}}
    },
    "directories": {
        "Staff": {
            "fields": [{"Name": "Phone", "Type": "STRING"}],
            "users": [
                {"Email": "a@example.com", "Phone": "1", "_status": "Active"},
                {"Email": "b@example.com"},
            ],
        }
    },
}
_CSV = b"Name,Age,Active\r\nAda,37,No\r\nGrace,85,Yes\r\nEve,old,Yes\r\n"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An account with tasks, an application and a directory."""
    folder = seed(tmp_path_factory.mktemp("seed"), _ACCOUNT, {"people.csv": _CSV})
    with serving(seed=folder) as api:
        yield api


def _one(api: Api, path: str, **wanted: object) -> dict[str, Any]:
    found = [one for one in api.get(path).json()["Result"] if wanted.items() <= one.items()]
    assert len(found) == 1
    return dict(found[0])


def _run(api: Api, name: str) -> dict[str, Any]:
    task = _one(api, "/dataImportExportTasks", Name=name)
    path = f"/dataImportExportTasks/{task['ExternalKey']}"
    assert api.call("POST", f"{path}/run").status_code == 204
    eventually(lambda: api.get(path).json()["Result"]["Status"] == "Ready")
    return api.control.tasks()[name]


def test_an_import_and_an_export_move_rows(own: Api):
    """An import updates, adds, and leaves out wrong rows; an export writes matching rows."""
    imported = _run(own, "Import")
    exported = _run(own, "Export")

    assert (imported["rows"], len(imported["problems"])) == (2, 1)
    assert "line 4" in imported["problems"][0]
    assert exported["rows"] == 2
    text = own.get("/files/path", filePath="/Out/people.csv").content.decode("utf-8-sig")
    assert text.splitlines() == ["Name,Age,Active", "Ada,37,No", "Grace,85,Yes"]


def test_a_running_task_is_not_started_again(own: Api):
    """A task that is not Ready is refused."""
    task = _one(own, "/dataImportExportTasks", Name="Export")
    path = f"/dataImportExportTasks/{task['ExternalKey']}"

    statuses = [own.call("POST", f"{path}/run").status_code for _ in range(2)]

    assert statuses == [204, 400]
    eventually(lambda: own.get(path).json()["Result"]["Status"] == "Ready")


def test_datapages_are_listed_and_deployed(own: Api):
    """DataPages are counted and deployed; a method is found by its name or letter."""
    app = _one(own, "/bridgeApplications", AppName="Desk")
    path = f"/bridgeApplications/{app['ExternalKey']}/datapages"
    page = _one(own, path, Name="Form")

    assert (app["DataPagesCount"], page["Type"], page["AppName"]) == (2, "WEBFORM", "Desk")
    codes = {
        own.get(f"{path}/{page['AppKey']}/deployment", method=one).json()
        for one in ("iFrame", "IFRAME", "i")
    }
    assert len(codes) == 1
    assert page["AppKey"] in codes.pop()
    assert own.put(f"{path}/{page['AppKey']}/deployment", {"Deployed": True}).status_code == 204
    assert own.put(f"{path}/deployment", {"Deployed": False}).status_code == 204


@pytest.mark.parametrize("method", ["", "X", "iF"])
def test_an_unknown_method_of_deployment_is_refused(own: Api, method: str):
    """A method that does not exist is 400 IncorrectQueryParameter."""
    app = _one(own, "/bridgeApplications", AppName="Desk")
    path = f"/bridgeApplications/{app['ExternalKey']}/datapages"
    page = _one(own, path, Name="Form")

    reply = own.get(f"{path}/{page['AppKey']}/deployment", method=method)

    assert (reply.status_code, reply.json()["Code"]) == (400, "IncorrectQueryParameter")


def _users(api: Api) -> str:
    return f"/directories/{_one(api, '/directories', Name='Staff')['Id']}/users"


def test_only_the_list_of_users_has_their_status(own: Api):
    """`_status` can be used in the list of users only."""
    path = _users(own)

    listed = own.get(
        path, where="_status = 'Active' AND Email < 'b'", select="Email,_status"
    ).json()["Result"]
    refused = own.put(path, {"Phone": "2"}, Where="_status = 'Active'")
    table = own.rows("Staff")

    assert listed == [{"Email": "a@example.com", "_status": "Active"}]
    assert (refused.status_code, refused.json()["Code"]) == (400, "SqlServerError")
    assert "_status" not in table[0]
    assert table[0]["UserGUID"]


def test_users_are_counted_as_users(own: Api):
    """Changes count UsersAffected and need `Where` without a `q.`."""
    path = _users(own)
    made = own.post(path, {"Email": "c@example.com"}, response="rows").json()["Result"][0]

    changed = own.put(path, {"Phone": "3"}, Where="Email = 'c@example.com'", response="rows").json()
    missing = own.call("DELETE", path, params={"q.where": "Email = 'c@example.com'"})
    gone = own.delete(path, Where="Email = 'c@example.com'").json()

    assert (made["_status"], changed["UsersAffected"], changed["Result"][0]["Phone"]) == (
        "Inactive",
        1,
        "3",
    )
    assert (missing.status_code, gone) == (400, {"UsersAffected": 1})


def test_a_user_is_activated_by_the_url(own: Api):
    """Activating answers a URL; opening it activates the user, and then activating again is 409."""
    path = _users(own)
    guid = own.post(path, {"Email": "d@example.com"}, response="rows").json()["Result"][0][
        "UserGUID"
    ]

    pending = own.post(f"{path}/activate", {"UserGUID": guid, "SendEmail": False}).json()["Result"]
    followed = httpx.get(pending["ActivationUrl"], trust_env=False)

    assert followed.status_code == 200
    assert own.post(f"{path}/activate", {"UserGUID": guid}).status_code == 409
    assert own.post(f"{path}/activate", {"UserGUID": "nobody"}).status_code == 404


def test_a_password_is_hidden_set_and_reset(own: Api):
    """Ordinary calls do not use a PASSWORD; its own calls count the matching records."""
    table = own.table("A", {"Name": "Pass", "Type": "PASSWORD"})
    own.post(f"/tables/{table}/records", {"A": "x", "Pass": "one"})
    path = f"/tables/{table}/passwordFields"

    assert own.get(path).json() == {"Result": ["Pass"]}
    assert own.rows(table) == [{"PK_ID": 1, "A": "x"}]
    assert own.get(f"/tables/{table}/records", select="Pass").json()["Code"] == "SqlServerError"
    assert (
        own.put(f"/tables/{table}/records", {"Pass": "y"}, where="PK_ID=1").json()["Code"]
        == "AlterReadOnlyData"
    )
    assert own.put(f"{path}/Pass", {"Value": "two"}, where="PK_ID=1").json() == {
        "RecordsAffected": 1
    }
    assert own.delete(f"{path}/Pass", where="PK_ID=2").json() == {"RecordsAffected": 0}
    assert own.put(f"{path}/Nope", {"Value": "two"}, where="PK_ID=1").status_code == 404
    assert own.put(f"{path}/Pass", {"Value": "two"}).status_code == 400


def test_a_task_without_a_file_is_refused(tmp_path: Path):
    """A seed's task with missing members stops the start, and the error names them."""
    folder = seed(tmp_path, {"tasks": {"T": {"kind": "import", "table": "X"}}})

    with pytest.raises(ValueError, match="task T needs"), serving(seed=folder):
        pass
