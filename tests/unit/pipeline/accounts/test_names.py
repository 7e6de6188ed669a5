from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from pipeline.accounts.names import (
    account_names,
    account_of,
    checked_name,
    settings_file,
    sql_name,
)
from pipeline.errors import BadSettings
from tests.unit.pipeline.accounts.conftest import Install

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,9}){0,2}", fullmatch=True).filter(
    lambda name: name != "all"
)


@given(NAMES, NAMES)
def test_no_two_names_become_the_same_in_sql(one: str, other: str):
    """Names that differ give schemas and roles that differ, and plain SQL names."""
    assert (sql_name(one) == sql_name(other)) == (one == other)
    assert sql_name(one).isidentifier()
    assert len(sql_name(checked_name(one))) <= 63


@pytest.mark.parametrize(
    "name",
    ["", "all", "Acme", "a_b", "-a", "a-", "a--b", "1a", "a/b", "..", "a b", "ä", "a" * 41, "a\n"],
)
def test_what_is_not_safe_in_a_path_or_in_sql_is_no_name(name: str):
    """A name that could leave its folder, or name another account, is refused."""
    with pytest.raises(BadSettings, match="is not a name"):
        checked_name(name)


def test_the_file_of_an_account_names_it(install: Install):
    """The settings files beside the shared file are the accounts; hidden files are none."""
    config = install(acme="", globex="")
    (config.parent / "accounts.d" / ".acme.toml.12.new").touch()

    names = account_names(config)

    assert names == ["acme", "globex"]
    assert [account_of(settings_file(config, name)) for name in names] == names
    assert account_of(config) is None
    # `init` loads a file under such a name before it gives it the right one.
    assert account_of(config.parent / "accounts.d" / ".acme.toml.12.new") == "acme"


def test_an_account_without_its_shared_file_is_refused(tmp_path: Path):
    """Else its ledger would be another one than with the shared file."""
    (tmp_path / "accounts.d").mkdir()

    with pytest.raises(BadSettings, match=r"caspio-ingest.toml is missing"):
        account_of(tmp_path / "accounts.d" / "acme.toml")
