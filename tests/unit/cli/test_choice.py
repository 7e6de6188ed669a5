"""Which account a command works for, and what its options refuse."""

from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from docs.generate.commands import commands
from flows.cli import app
from flows.cli.choice import choose, look_at
from flows.cli.common import EXIT_SETTINGS, EXIT_STOPPED, Failure
from pipeline.errors import LedgerUnavailable
from tests.unit.cli.conftest import command
from tests.unit.pipeline.accounts.conftest import Install

WITHOUT = {"init", "accounts add", "accounts list", "accounts export", "accounts delete"}
"""Commands that take --config, and no account: they make a file, or name the account otherwise."""


def test_every_command_with_settings_takes_an_account():
    """A new command that reads settings says for which account, without being remembered."""
    lacking = {
        one.name
        for one in commands()
        if "--config" in (names := {name for option in one.parameters for name in option.names})
        and "--account" not in names
    }

    assert lacking == WITHOUT


def test_none_of_several_accounts_is_guessed(install: Install, capsys: pytest.CaptureFixture[str]):
    """Without a name, or with a wrong one, a command ends with 2 and lists the names."""
    config = install(acme="", globex="")

    for account in (None, "other", "all"):
        with pytest.raises(Failure) as failure:
            choose(config, account)
        said = capsys.readouterr().err
        assert failure.value.exit_code == EXIT_SETTINGS
        assert "acme, globex" in said


def test_one_account_among_several_has_to_be_named_too(install: Install):
    """Else a script would work for another account as soon as there are two."""
    with pytest.raises(Failure):
        choose(install(acme=""), None)


def test_an_account_is_found_by_its_name(install: Install):
    """The settings file of the account is what a command works with from then on."""
    config = install(acme="", globex="")
    folder = config.parent / "accounts.d"

    assert choose(config, "acme") == [("acme", folder / "acme.toml")]
    assert choose(config, "all", all_too=True) == [
        ("acme", folder / "acme.toml"),
        ("globex", folder / "globex.toml"),
    ]
    # The file itself says which account it is.
    assert choose(folder / "acme.toml", None) == [("acme", folder / "acme.toml")]
    with pytest.raises(Failure):
        choose(folder / "acme.toml", "globex")


def test_a_settings_file_alone_has_no_accounts(tmp_path: Path):
    """It works as before, and an account that is named is a mistake."""
    config = tmp_path / "caspio-ingest.toml"

    assert choose(config, None) == [("", config)]
    with pytest.raises(Failure):
        choose(config, "acme")


def test_what_fails_for_one_account_stops_no_other(
    install: Install, capsys: pytest.CaptureFixture[str]
):
    """All accounts are looked at; the exit code is the worst."""
    config = install(acme="", globex="", third="")

    def look(path: Path) -> tuple[object, int]:
        if path.stem == "globex":
            raise LedgerUnavailable("it is away")
        return {"name": path.stem}, 1 if path.stem == "acme" else 0

    with pytest.raises(Failure) as failure:
        look_at(config, "all", look, as_json=True)

    said = capsys.readouterr()
    assert failure.value.exit_code == EXIT_STOPPED
    assert '"third": {"name": "third"}' in said.out
    assert '"globex": {"problems": ["it is away"]}' in said.out


@pytest.mark.slow
def test_status_of_all_accounts_is_one_document(install: Install):
    """Each account has its own ledger and its own part of the document."""
    config = install(acme="", globex="")

    refused = command("status", "--json", cwd=config.parent)
    ended = command("status", "--account", "all", "--json", cwd=config.parent)
    shown = " ".join(command("status", "--account", "all", cwd=config.parent).out.split())

    assert (refused.code, refused.out) == (EXIT_SETTINGS, "")
    assert "Accounts: acme, globex." in refused.err
    assert ended.code == 0
    assert set(ended.document["accounts"]) == {"acme", "globex"}
    assert "`caspio-ingest run --account acme`" in shown
    assert "`caspio-ingest run --account globex`" in shown
    assert sorted(path.name for path in (config.parent / "ledgers").glob("*.db")) == [
        "acme.db",
        "globex.db",
    ]


def test_no_command_takes_an_address_that_is_none():
    """Each option that is HOST:PORT refuses other texts before anything is started, with an example."""
    program: Any = get_command(app)
    commands = [("", program)]
    refused = []
    for name, found in commands:
        commands += [(f"{name} {one}", it) for one, it in getattr(found, "commands", {}).items()]
        for option in found.params:
            if option.metavar == "HOST:PORT":
                done = CliRunner().invoke(app, [*name.split(), option.opts[0], "nonsense"])
                refused.append((done.exit_code, "such as 127.0.0.1:8767" in done.output))

    assert len(refused) > 7
    assert set(refused) == {(2, True)}


def test_a_day_is_shown_by_an_example():
    """Nobody has to know how programs write the form of a date."""
    done = CliRunner().invoke(app, ["reprocess", "--since", "yesterday"])

    assert "such as 2026-03-31" in done.output
    assert "%" not in done.output
