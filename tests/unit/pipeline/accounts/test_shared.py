import pytest

from pipeline.accounts.names import settings_file
from pipeline.accounts.shared import check_apart, defaults_for, load_shared, read_toml
from pipeline.errors import BadSettings
from tests.unit.pipeline.accounts.conftest import Install


def test_an_empty_shared_file_takes_the_defaults(install: Install):
    """Ledger and archive of each account are files of their own beside the shared file."""
    config = install(acme="")
    folder = config.parent

    given = defaults_for("acme", load_shared(config), read_toml(settings_file(config, "acme")))

    assert given["ledger"] == {"url": f"sqlite:///{folder}/ledgers/acme.db"}
    assert given["archive"]["url"] == f"file:{folder}/archives/acme"


def test_in_postgresql_an_account_has_its_role_and_its_schema(install: Install):
    """The server resolves every name in the schema of the account; a password is quoted."""
    config = install('[ledger]\nurl = "postgresql+psycopg://db.example.com/caspio"', acme="")

    given = defaults_for("acme-north", load_shared(config), {}, password="p@ss/word")

    assert given["ledger"]["url"] == (
        "postgresql+psycopg://acct_acme_north:p%40ss%2Fword@db.example.com/caspio"
        "?options=-csearch_path%3Dacct_acme_north"
    )


def test_an_address_of_its_own_replaces_the_shared_one_whole(install: Install):
    """A bucket that an account names does not get the endpoint of the shared one."""
    config = install(
        '[archive]\nurl = "s3://all/root"\nendpoint_url = "https://s3.example.com"',
        acme='[archive]\nurl = "s3://own"\n',
    )
    shared, values = load_shared(config), read_toml(settings_file(config, "acme"))

    own, other = defaults_for("acme", shared, values), defaults_for("globex", shared, {})

    assert "archive" not in own
    assert other["archive"] == {
        "url": "s3://all/root/globex",
        "endpoint_url": "https://s3.example.com",
    }


def test_all_problems_of_the_shared_file_are_listed(install: Install):
    """Unknown names, wrong values and sections of one account are reported together, no value shown."""
    config = install(
        '[caspio]\nurl = "x"\n[ledger]\nurl = "postgresql+psycopg://me:canary@host/db"\n'
        '[secrets]\nmaster_key = "canary"\n'
    )

    with pytest.raises(BadSettings) as error:
        load_shared(config)

    text = "\n".join(error.value.problems)
    assert len(error.value.problems) == 3
    assert "caspio belongs to one account" in text
    assert "ledger.url: has a user" in text
    assert "secrets.master_key" in text
    assert "canary" not in text
    with pytest.raises(BadSettings, match="is not a setting"):
        load_shared(install('[archives]\nurl = "file:x"\n'))


@pytest.mark.parametrize(
    ("acme", "globex", "setting"),
    [
        ('[ledger]\nurl = "sqlite:///one.db"', '[ledger]\nurl = "sqlite:///one.db"', "ledger.url"),
        ('[archive]\nurl = "file:one"', '[archive]\nurl = "file:one/inside"', "archive.url"),
        ('[archive]\nurl = "file:archives/globex"', "", "archive.url"),
        ('[archive]\nurl = "s3://one"', '[archive]\nurl = "s3://one/inside/"', "archive.url"),
        (
            '[ledger]\nurl = "postgresql+psycopg://a:b@host/db"',
            '[ledger]\nurl = "postgresql+psycopg://c:d@host/db"',
            "ledger.url",
        ),
    ],
)
def test_no_two_accounts_share_a_ledger_or_an_archive(
    install: Install, acme: str, globex: str, setting: str
):
    """The same database, and one archive inside another, are refused for both accounts."""
    config = install(acme=acme, globex=globex)
    shared = load_shared(config)

    for name in ("acme", "globex"):
        with pytest.raises(BadSettings, match=f"{setting} is in use by account"):
            check_apart(settings_file(config, name), name, shared)


def test_accounts_with_the_shared_places_are_apart(install: Install):
    """A name that another one begins with is no clash."""
    config = install(
        '[ledger]\nurl = "postgresql+psycopg://host/db"\n[archive]\nurl = "s3://bucket"',
        acme="",
        **{"acme-two": ""},
    )

    check_apart(settings_file(config, "acme"), "acme", load_shared(config))
