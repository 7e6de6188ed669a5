import pytest

from infra.emulator import Quirks
from tests.emulator.api import Api, serving

pytestmark = pytest.mark.integration

_KINDS = {
    "S": "STRING", "L": "TEXT", "N": "NUMBER", "I": "INTEGER", "C": "CURRENCY", "D": "DATE/TIME",
    "Y": "YES/NO", "F": "FILE",
}  # fmt: skip


@pytest.fixture(scope="module")
def kinds(shared_api: Api) -> str:
    """A table with a field of each plain type."""
    return shared_api.table(*({"Name": name, "Type": kind} for name, kind in _KINDS.items()))


def _insert(api: Api, table: str, **row: object) -> dict[str, object]:
    reply = api.post(f"/tables/{table}/records", row, response="rows")
    assert reply.status_code == 201, reply.text
    return dict(reply.json()["Result"][0])


def test_unset_fields_have_their_typical_values(api: Api, kinds: str):
    """Unset text reads "", Yes/No false, numbers and dates null."""
    row = _insert(api, kinds)

    assert {name: row[name] for name in _KINDS} == {
        "S": "", "L": "", "N": None, "I": None, "C": None, "D": None, "Y": False, "F": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("S", "x" * 256),
        ("S", 5),
        ("L", "x" * 64_001),
        ("N", "5"),
        ("N", ""),
        ("N", True),
        ("N", 10**400),
        ("I", 1.5),
        ("I", 2**31),
        ("C", "1.00"),
        ("D", ""),
        ("D", "soon"),
        ("D", "2026-02-30"),
        ("D", 20260101),
        ("Y", "true"),
        ("Y", 2),
        ("Y", []),
    ],
)
def test_values_of_a_wrong_type_are_refused(api: Api, kinds: str, field: str, value: object):
    """A value of another type or length is 400 InvalidInputValue, and the error names its field."""
    reply = api.post(f"/tables/{kinds}/records", {field: value})

    assert (reply.status_code, reply.json()["Code"]) == (400, "InvalidInputValue")
    assert reply.json()["Message"].endswith(f": {field}")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-01-31", "2026-01-31T00:00:00"),
        ("2026-01-31T10:20:30", "2026-01-31T10:20:30"),
        ("2026-01-31T10:20:30Z", "2026-01-31T10:20:30"),
        ("1/31/2026", "2026-01-31T00:00:00"),
    ],
)
def test_dates_have_no_zone(api: Api, kinds: str, given: str, kept: str):
    """Dates are shown without a zone; a Z is dropped, not converted."""
    assert _insert(api, kinds, D=given)["D"] == kept


def test_null_clears_a_date(api: Api, kinds: str):
    """Null clears a date."""
    assert _insert(api, kinds, D=None)["D"] is None


def test_money_has_four_decimals(api: Api, kinds: str):
    """CURRENCY keeps four decimals."""
    assert _insert(api, kinds, C=1.23456)["C"] == 1.2346


def test_an_emoji_is_refused_as_read_only(api: Api, kinds: str):
    """A character of four bytes is 500 AlterReadOnlyData."""
    reply = api.post(f"/tables/{kinds}/records", {"S": "\N{GRINNING FACE}"})

    assert (reply.status_code, reply.json()["Code"]) == (500, "AlterReadOnlyData")


@pytest.mark.parametrize(
    "field",
    [
        {"Name": "X", "Type": "AUTONUMBER", "Unique": True},
        {"Name": "X", "Type": "GUID", "Unique": True},
        {"Name": "X", "Type": "RANDOM ID", "Unique": True},
        {
            "Name": "X",
            "Type": "PREFIXED AUTONUMBER",
            "Unique": True,
            "Prefix": "R-",
            "Format": "001",
        },
        {"Name": "X", "Type": "TIMESTAMP", "OnInsert": True},
        {"Name": "X", "Type": "ATTACHMENT"},
        {"Name": "X", "Type": "STRING", "IsFormula": True},
    ],
    ids=lambda field: field["Type"],
)
def test_fields_that_caspio_fills_cannot_be_written(api: Api, field: dict[str, object]):
    """Naming a generated field, a formula or an attachment in a write is AlterReadOnlyData."""
    reply = api.post(f"/tables/{api.table(field)}/records", {"X": "1"})

    assert (reply.status_code, reply.json()["Code"]) == (400, "AlterReadOnlyData")


def test_pk_id_cannot_be_written(api: Api):
    """A write that names PK_ID is AlterReadOnlyData."""
    name = api.table("A", rows=[{"A": "x"}])

    assert (
        api.put(f"/tables/{name}/records", {"PK_ID": 5}, where="PK_ID = 1").json()["Code"]
        == "AlterReadOnlyData"
    )


def test_generated_fields_are_filled(api: Api):
    """AUTONUMBER counts, and the other generated values have their prefix and length."""
    name = api.table(
        {"Name": "A", "Type": "AUTONUMBER", "Unique": True},
        {
            "Name": "P",
            "Type": "PREFIXED AUTONUMBER",
            "Unique": True,
            "Prefix": "R-",
            "Format": "001",
        },
        {"Name": "G", "Type": "GUID", "Unique": True},
        {"Name": "R", "Type": "RANDOM ID", "Unique": True, "Format": "0", "Length": 8},
    )

    first, second = _insert(api, name), _insert(api, name)

    assert (first["A"], second["A"], second["P"]) == (1, 2, "R-002")
    assert (len(str(first["G"])), len(str(first["R"]))) == (36, 8)


def test_a_timestamp_can_be_set_on_insert_only(api: Api):
    """OnInsert without OnUpdate keeps the first date."""
    name = api.table("A", {"Name": "At", "Type": "TIMESTAMP", "OnInsert": True})
    before = _insert(api, name)["At"]

    api.put(f"/tables/{name}/records", {"A": "x"}, where="PK_ID = 1")

    assert before
    assert api.rows(name)[0]["At"] == before


def test_a_timestamp_can_be_set_on_update_only(api: Api):
    """OnUpdate without OnInsert is unset until the first update."""
    name = api.table("A", {"Name": "At", "Type": "TIMESTAMP", "OnUpdate": True})
    before = _insert(api, name)["At"]

    api.put(f"/tables/{name}/records", {"A": "x"}, where="PK_ID = 1")

    assert before is None
    assert api.rows(name)[0]["At"]


@pytest.mark.parametrize(
    ("first", "second"), [("x", "X "), ("", ""), (None, None)], ids=["text", "blank", "null"]
)
def test_a_unique_value_is_accepted_once(api: Api, first: str | None, second: str | None):
    """A second equal value is refused, in any case; blank and null are values too."""
    name = api.table({"Name": "A", "Type": "STRING", "Unique": True}, rows=[{"A": first}])

    reply = api.post(f"/tables/{name}/records", {"A": second})

    assert (reply.status_code, reply.json()["Code"]) == (400, "SqlServerError")


def test_nulls_may_repeat_where_allowed(api: Api):
    """UniqueAllowNulls allows several nulls, but not several blanks."""
    name = api.table(
        {"Name": "A", "Type": "STRING", "Unique": True, "UniqueAllowNulls": True},
        rows=[{"A": None}],
    )

    statuses = [
        api.post(f"/tables/{name}/records", {"A": one}).status_code for one in (None, "", "")
    ]

    assert statuses == [201, 201, 400]


def test_an_update_cannot_repeat_a_unique_value(api: Api):
    """An update of several records with one unique value is refused and changes none."""
    name = api.table({"Name": "A", "Type": "STRING", "Unique": True}, rows=[{"A": "x"}, {"A": "y"}])

    assert api.put(f"/tables/{name}/records", {"A": "z"}, where="1 = 1").status_code == 400
    assert [row["A"] for row in api.rows(name)] == ["x", "y"]


def test_unset_text_is_null(api: Api):
    """Unset text reads "", but matches IS NULL and not = ''."""
    name = api.table("A", "B", rows=[{"B": "x"}])

    assert (api.pks(name, "A IS NULL"), api.pks(name, "A = ''")) == ([1], [])


def test_unset_text_can_be_blank():
    """With the quirk, unset text is blank."""
    with serving(quirks=Quirks(unset_text="blank")) as api:
        name = api.table("A", "B", rows=[{"B": "x"}])

        assert (api.pks(name, "A IS NULL"), api.pks(name, "A = ''")) == ([], [1])


def test_a_list_is_read_as_an_object_and_written_as_items(api: Api):
    """LIST fields accept item numbers or texts, and show items by number."""
    name = api.table({"Name": "A", "Type": "LIST-STRING", "ListField": ["Dog", "Cat"]})

    assert _insert(api, name, A=["cat"])["A"] == {"2": "Cat"}
    assert api.post(f"/tables/{name}/records", {"A": ["Cow"]}).json()["Code"] == "InvalidInputValue"


def test_a_password_is_never_shown(api: Api):
    """A PASSWORD field is not part of *, and is refused in select, where and update."""
    name = api.table("A", {"Name": "P", "Type": "PASSWORD"})

    assert "P" not in _insert(api, name, A="x", P="hidden")
    assert api.get(f"/tables/{name}/records", select="P").status_code == 400
    assert (
        api.put(f"/tables/{name}/records", {"P": "x"}, where="PK_ID = 1").json()["Code"]
        == "AlterReadOnlyData"
    )
