"""`mcp`: tokens are made, listed, extended and revoked at the command line."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.app.settings import load_settings
from flows.app.wiring.ports import open_ledger
from flows.cli import app
from flows.cli.common import Failure
from pipeline.errors import BadSettings, ForeignLedger
from tests.contracts.ledger.builders import a_ref

pytestmark = pytest.mark.slow

CONFIG = """
[caspio]
url = "https://abc12345.caspio.com"
[[sources]]
name = "receipts"
table = "Receipts"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The settings of an account, beside which the ledger is made."""
    path = tmp_path / "caspio-ingest.toml"
    path.write_text(CONFIG)
    return path


def mcp(config: Path, *words: str) -> str:
    """Run a command of the group, and return what it prints."""
    ended = CliRunner().invoke(app, ["mcp", *words, "--config", str(config)])
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def test_a_token_is_shown_once(config: Path):
    """The token is printed when it is made, and no list has it or its digest."""
    made = json.loads(
        mcp(config, "token", "create", "desk", "--read-only", "--table", "T", "--json")
    )

    listed = mcp(config, "token", "list", "--json")

    (known,) = json.loads(listed)
    assert made["token"].startswith("cing_")
    assert made["token"] not in listed
    assert (known["id"], known["valid"]) == (made["id"], True)
    assert (known["scope"]["methods"], known["scope"]["tables"]) == (["read"], ["T"])
    assert "digest" not in known


def test_a_revoked_token_is_not_valid(config: Path):
    """It stays in the list, is not valid, and can be neither extended nor revoked again."""
    made = json.loads(mcp(config, "token", "create", "desk", "--json"))
    mcp(config, "token", "extend", made["id"], "--days", "7")

    mcp(config, "token", "revoke", made["id"])

    (known,) = json.loads(mcp(config, "token", "list", "--json"))
    assert not known["valid"]
    for words in (("extend", made["id"]), ("revoke", made["id"]), ("revoke", "nothing")):
        with pytest.raises(BadSettings, match="no token"):
            mcp(config, "token", *words)


def test_no_token_is_made_in_the_ledger_of_another_account(config: Path):
    """No server would take it from there. What was made before can be seen and revoked."""
    made = json.loads(mcp(config, "token", "create", "desk", "--json"))
    with open_ledger(load_settings(config, credentials=False)) as ledger:
        ledger.effects.record_account("sandbox.caspio.com")
        ledger.files.seen([a_ref()], "run-1")

    for words in (("create", "other"), ("extend", "desk")):
        with pytest.raises(ForeignLedger, match=r"sandbox\.caspio\.com"):
            mcp(config, "token", *words)
    mcp(config, "token", "revoke", "desk")

    (known,) = json.loads(mcp(config, "token", "list", "--json"))
    assert (known["id"], known["valid"]) == (made["id"], False)


def test_a_token_is_named_by_its_name(config: Path):
    """Its name ends it as well, and then belongs to a new token; an id goes before a name."""
    old = json.loads(mcp(config, "token", "create", "desk", "--json"))
    other = json.loads(mcp(config, "token", "create", old["id"], "--json"))

    mcp(config, "token", "extend", "desk", "--days", "7")
    mcp(config, "token", "revoke", old["id"])
    mcp(config, "token", "create", "desk", "--json")
    mcp(config, "token", "revoke", "desk")

    known = json.loads(mcp(config, "token", "list", "--json"))
    assert [one["id"] for one in known if one["valid"]] == [other["id"]]
    assert known[0]["expires_at"] < other["expires_at"]


def test_a_token_of_the_address_is_not_extended_beyond_its_limit(config: Path):
    """What lives in addresses lives shorter, also when it is extended."""
    words = ("create", "desk", "--read-only", "--in-path", "--days", "30", "--json")
    made = json.loads(mcp(config, "token", *words))

    with pytest.raises(BadSettings, match="30 days"):
        mcp(config, "token", "extend", made["id"], "--days", "90")


def test_a_token_is_not_extended_beside_another_of_its_user(config: Path):
    """One that has ended stays so while its user has a newer one, which can be extended."""
    words = ("--subject", "ana", "--json")
    old = json.loads(mcp(config, "token", "create", "old", *words))
    settings = load_settings(config, credentials=False)
    with open_ledger(settings) as ledger:
        ended = datetime(2026, 1, 1, tzinfo=UTC)
        assert ledger.agents.change_expiry(settings.caspio.account, old["id"], ended)
    new = json.loads(mcp(config, "token", "create", "new", *words))

    with pytest.raises(BadSettings, match=f"{new['id']}. Revoke it first"):
        mcp(config, "token", "extend", old["id"])
    mcp(config, "token", "extend", new["id"])


def test_the_audit_is_empty_at_first(config: Path):
    """Without a call there is nothing to show."""
    assert json.loads(mcp(config, "audit", "--json")) == []
    assert mcp(config, "audit") == ""


def test_each_account_has_tokens_of_its_own(config: Path):
    """With several accounts one has to be named, and its tokens and plans are nobody else's."""
    folder = config.parent / "accounts.d"
    folder.mkdir()
    for name in ("acme", "globex"):
        (folder / f"{name}.toml").write_text(CONFIG.replace("abc12345", name))
    config.write_text("")

    mcp(config, "token", "create", "desk", "--account", "acme")

    assert len(json.loads(mcp(config, "token", "list", "--account", "acme", "--json"))) == 1
    assert json.loads(mcp(config, "token", "list", "--account", "globex", "--json")) == []
    with pytest.raises(Failure):
        mcp(config, "token", "list")
    for words in (
        ("token", "revoke", "desc"),
        ("token", "extend", "desc"),
        ("tools", "--token", "desc"),
    ):
        with pytest.raises(BadSettings, match="token list --account acme`"):
            mcp(config, *words, "--account", "acme")
    plans = [
        load_settings(folder / f"{name}.toml", credentials=False).agents.plans
        for name in ("acme", "globex")
    ]
    assert [path.name for path in plans] == ["acme", "globex"]


def test_every_tool_is_listed():
    """The list needs no account, and says which tools tokens have by default."""
    ended = CliRunner().invoke(app, ["mcp", "tools", "--json"])

    tools = json.loads(ended.stdout)
    assert len(tools) == 82
    assert sum(tool["default"] for tool in tools) == 17
    assert {tool["name"] for tool in tools if tool["default"] and tool["raw"]} == set()


@pytest.mark.parametrize(
    ("words", "unknown"),
    [
        (("--table", "Receipts"), []),
        (("--table", "Reciepts", "--table", "Receipts"), ["Reciepts"]),
        (("--view", "Receipts", "--table", "receipts"), ["receipts", "Receipts"]),
    ],
)
def test_a_table_that_no_source_has_is_named(
    config: Path, words: tuple[str, ...], unknown: list[str]
):
    """A misspelled name is seen where the token is made; the token is made all the same."""
    ended = CliRunner().invoke(
        app, ["mcp", "token", "create", "desk", *words, "--json", "--config", str(config)]
    )

    assert ended.exit_code == 0
    assert json.loads(ended.stdout)["token"]
    said = " ".join(ended.stderr.split())
    assert [name for name in unknown if f"{name!r}" not in said] == []
    assert said.count("No source of these settings has") == len(unknown)


def test_a_list_shows_scopes_in_words(config: Path):
    """A part of a scope is a line that needs no knowledge of Python."""
    mcp(
        config,
        "token",
        "create",
        "Export",
        "--method",
        "read",
        "--table",
        "Receipts",
        "--raw-where",
    )

    listed = mcp(config, "token", "list")

    assert "methods: read" in listed
    assert "raw where" in listed
    assert "('" not in listed
    assert "True" not in listed
