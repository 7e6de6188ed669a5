from pathlib import Path

import pytest

from pipeline.errors import BadSettings
from pipeline.model import IndexTable, Overwrite, SourceSpec
from pipeline.settings import environment, load_settings
from tests.unit.pipeline.settings.conftest import MINIMAL, Write

CANARIES = ("canary-id", "canary-secret", "canary-password")


def problems(path: Path) -> list[str]:
    """Return what is wrong with a settings file."""
    with pytest.raises(BadSettings) as caught:
        load_settings(path)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def source(toml: str, written: Write) -> SourceSpec:
    """Return the receipts' source with more lines."""
    return load_settings(written(MINIMAL + toml)).specs()["receipts"]


def test_defaults_are_enough(written: Write):
    """An address and one source are a whole settings file."""
    settings = load_settings(written(MINIMAL))

    assert settings.caspio.rate == "2000/300s"
    assert settings.caspio.monthly_calls == 500_000
    assert settings.processing.ocr == "auto"
    assert settings.client_id.get_secret_value() == "canary-id"
    assert settings.specs() == {"receipts": SourceSpec("receipts", table="Receipts")}


def test_all_problems_are_listed_together(written: Write):
    """One start shows everything that is wrong, each with its place."""
    found = problems(
        written(
            """
            [caspio]
            url = "ftp://abc12345.caspio.com"
            rate = "many"
            [archive]
            url = "http://bucket"
            [processing]
            memory_mib = 1
            languages = ["eng", "English"]
            [[sources]]
            name = "a b"
            table = "T"
            overwrite = "sometimes"
            """
        )
    )

    places = [
        "caspio.url",
        "caspio.rate",
        "archive.url",
        "processing.memory_mib",
        "processing.languages.1",
    ]
    places += ["sources.0.name", "sources.0.overwrite"]
    assert len(found) == len(places)
    assert all(any(f": {place}:" in problem for problem in found) for place in places)


def test_unknown_names_stop_the_start(written: Write):
    """A misspelt section, setting or source setting is reported, wherever it is."""
    found = problems(
        written("[caspoi]\nurl='x'\n" + MINIMAL + "filds = []\n[archive]\nbukket = 'b'\n")
    )

    assert any("caspoi is not a setting" in problem for problem in found)
    assert any("sources.0.filds is not a setting" in problem for problem in found)
    assert any("archive.bukket is not a setting" in problem for problem in found)


def test_what_is_wrong_in_a_source_goes_with_its_name(written: Write):
    """A problem of one source or sync among many names it, and is one sentence."""
    (problem,) = problems(written(MINIMAL + 'rename = "{{ dat }}"\n'))

    sync = (
        '[[sync]]\nname = "routes"\ntable = "A"\nurl = "sqlite:///a.db"\nmirror = "a"\nevery = []\n'
    )
    found = problems(written(f"{MINIMAL}{sync}"))

    assert "source 'receipts'" in problem
    assert not problem.endswith("..")
    assert {"sync 'routes': sync.0." in one for one in found} == {True}


def test_missing_values_are_named(written: Write):
    """What must be given and is not is named with its section."""
    found = problems(written("[caspio]\n[[sources]]\ntable = 'T'\n"))

    assert any("caspio.url is missing" in problem for problem in found)
    assert any("sources.0.name is missing" in problem for problem in found)


@pytest.mark.parametrize("name", ["CASPIO_CLIENT_ID", "CASPIO_CLIENT_SECRET"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_missing_credentials_are_named(
    name: str, value: str | None, written: Write, monkeypatch: pytest.MonkeyPatch
):
    """A credential that is not set, or blank, is asked for by its variable's name."""
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)

    (problem,) = problems(written(MINIMAL))

    assert problem.startswith(f"{name} is not set. Export it")


@pytest.mark.parametrize("name", ["CASPIO_CLIENT_SECRET", "caspio_client_secret", "client_secret"])
def test_credentials_in_the_file_are_refused(
    name: str, written: Write, monkeypatch: pytest.MonkeyPatch
):
    """A secret in the settings file is refused, not used, and not repeated in the complaint."""
    monkeypatch.delenv("CASPIO_CLIENT_SECRET")

    found = problems(written(f'{name} = "canary-password"\n{MINIMAL}'))

    assert found
    assert not any("canary" in problem for problem in found)


def test_missing_file_says_what_to_do(tmp_path: Path):
    """Without a file the message names it and the way to one."""
    (problem,) = problems(tmp_path / "none.toml")

    assert str(tmp_path / "none.toml") in problem
    assert "--config" in problem


@pytest.mark.parametrize("data", [b"[caspio\n", b"\xff\xfe[\x00", b'[caspio]\nurl = "\xe9"\n'])
def test_file_that_is_no_toml_is_reported(data: bytes, tmp_path: Path):
    """A file that is not TOML, or not UTF-8, is reported by name."""
    path = tmp_path / "caspio-ingest.toml"
    path.write_bytes(data)

    (problem,) = problems(path)

    assert problem.startswith(f"{path} is not TOML")


def test_environment_goes_before_the_file(written: Write, monkeypatch: pytest.MonkeyPatch):
    """A value in the environment wins over the file's, which wins over the default."""
    monkeypatch.setenv("CASPIO_INGEST_CASPIO__RATE", "10/1s")

    settings = load_settings(
        written(MINIMAL.replace("[[", 'rate = "20/1s"\nmonthly_calls = 7\n[['))
    )

    assert settings.caspio.rate == "10/1s"
    assert settings.caspio.monthly_calls == 7
    assert settings.caspio.reserve == 0.05


def test_unknown_name_in_the_environment_is_reported(
    written: Write, monkeypatch: pytest.MonkeyPatch
):
    """A misspelt setting in the environment stops the start like one in the file."""
    monkeypatch.setenv("CASPIO_INGEST_CASPIO__RATTE", "canary-password")

    (problem,) = problems(written(MINIMAL))

    assert "caspio.ratte is not a setting" in problem
    assert "canary" not in problem


@pytest.mark.parametrize("name", ["SOURCES", "PROCESSING__LANGUAGES", "CASPIO"])
def test_unreadable_value_in_the_environment_is_reported(
    name: str, written: Write, monkeypatch: pytest.MonkeyPatch
):
    """A list or section in the environment that is not JSON is a settings problem, reported without its value."""
    monkeypatch.setenv(f"CASPIO_INGEST_{name}", "canary-password")

    (problem,) = problems(written(MINIMAL))

    assert name.split("__", maxsplit=1)[0].lower() in problem
    assert "canary" not in problem


def test_relative_paths_belong_to_the_files_folder(
    written: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Archive and ledger are beside the settings file, wherever the command is started."""
    path = written(MINIMAL)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    settings = load_settings(path)

    assert settings.archive.url == f"file:{tmp_path}/archive"
    assert settings.ledger.url == f"sqlite:///{tmp_path}/caspio-ingest.db"


@pytest.mark.parametrize(
    ("archive", "ledger"),
    [
        ("file:/var/archive", "sqlite:////var/ledger.db"),
        ("s3://bucket/prefix", "postgresql+psycopg://host/ledger"),
    ],
)
def test_absolute_addresses_stay(archive: str, ledger: str, written: Write):
    """An absolute path, a bucket and a server are where they say."""
    settings = load_settings(
        written(f'{MINIMAL}\n[archive]\nurl = "{archive}"\n[ledger]\nurl = "{ledger}"\n')
    )

    assert settings.archive.url == archive
    assert settings.ledger.url == ledger


def test_secrets_are_never_shown(written: Write):
    """No secret appears when settings are printed, represented or dumped as text: neither Caspio's nor a database's."""
    settings = load_settings(
        written(f'{MINIMAL}\n[ledger]\nurl = "postgresql+psycopg://me:canary-password@host/db"\n')
    )

    shown = f"{settings} {settings!r} {settings.ledger} {settings.client_secret} {settings.model_dump()['client_id']}"

    assert not [canary for canary in CANARIES if canary in shown]
    assert settings.ledger.url == "postgresql+psycopg://me:canary-password@host/db"


def test_secrets_are_not_in_complaints(written: Write):
    """However much is wrong, the complaints repeat no address with a password and no credential."""
    found = problems(
        written(
            MINIMAL.replace("https://", "https://me:canary-password@")
            + '[ledger]\nurl = "mysql://me:canary-password@host/db"\n[archive]\nurl = "canary-password"\n'
        )
    )

    assert len(found) == 3
    assert not [canary for canary in CANARIES if canary in " ".join(found)]


@pytest.mark.parametrize(
    "url",
    [
        "http://abc12345.caspio.com",
        "abc12345.caspio.com",
        "https://",
        "https://abc12345.caspio.com/integrations",
        "https://abc12345.caspio.com?key=1",
        "https://abc12345.caspio.com#x",
        "https://me@abc12345.caspio.com",
        "https://abc12345.caspio.com:port",
    ],
)
def test_only_the_accounts_address_is_an_address(url: str, written: Write):
    """The account's address is https and nothing but a host."""
    (problem,) = problems(written(MINIMAL.replace("https://abc12345.caspio.com", url)))

    assert ": caspio.url:" in problem


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8250", "http://localhost:8250/", "http://[::1]:8250"]
)
def test_plain_http_is_for_this_machine(url: str, written: Write):
    """The emulator's address may be plain http."""
    settings = load_settings(written(MINIMAL.replace("https://abc12345.caspio.com", url)))

    assert settings.caspio.url == url.rstrip("/")


@pytest.mark.parametrize("rate", ["0/300s", "10/0s", "10", "10/300", "-1/3s", "10/300s "])
def test_rate_allows_calls(rate: str, written: Write):
    """A rate is so many calls in so many seconds, neither of them none."""
    (problem,) = problems(written(MINIMAL.replace("[[", f'rate = "{rate}"\n[[')))

    assert ": caspio.rate:" in problem


def test_column_may_have_a_long_form(written: Write):
    """A column may carry a policy of its own beside its finding."""
    spec = source(
        '[sources.columns]\nDocType = "doc_type"\nTotal = { finding = "total", overwrite = "ours" }\n'
        'Date = { finding = "date" }\n',
        written,
    )

    assert spec.columns == {"DocType": "doc_type", "Total": "total", "Date": "date"}
    assert spec.overwrite_columns == {"Total": Overwrite.OURS}
    assert spec.policy("Total") is Overwrite.OURS
    assert spec.policy("Date") is Overwrite.EMPTY


def test_folder_may_have_an_index_table(written: Write):
    """A folder's index table is keyed by Path unless another column is named."""
    toml = (
        MINIMAL.replace('table = "Receipts"', 'folder = "/Inbox"')
        + '[sources.index]\ntable = "Mail"\n'
    )

    spec = load_settings(written(toml)).specs()["receipts"]

    assert spec.folder == "/Inbox"
    assert spec.index == IndexTable("Mail", "Path")


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('view = "V"\n', "exactly one of table, view and folder"),
        ('[sources.columns]\nA = "totl"\n', "did you mean 'total'"),
        ('[sources.columns]\nA = "zzzzzz"\n', "known: address"),
        ('[sources.columns]\nA = "label: "\n', "a label without words"),
        ('rename = "{{ dat }}"\n', "Known names: address"),
        ('rename = "{{ date | dictsort }}"\n', "rename template"),
        ('[sources.index]\ntable = "I"\n', "an index table goes with a folder"),
        ("write_at = 2\n", "sources.0.write_at"),
        ("min_confidence = 0.5\n", "is no longer a setting. Set write_at"),
        ("write_at = 0.4\nsuggest_at = 0.5\n", "suggest_at 0.5 is above write_at 0.4"),
        (
            'write_at = 0.9\n[sources.columns]\nA = { finding = "total", suggest_at = 0.95 }\n',
            "column 'A': suggest_at 0.95 is above write_at 0.9",
        ),
    ],
)
def test_source_that_contradicts_itself_is_reported(toml: str, said: str, written: Write):
    """What contradicts itself inside one source is reported with what would do."""
    (problem,) = problems(written(MINIMAL + toml))

    assert said in problem


def test_a_folder_has_no_fields(written: Write):
    """Fields and conditions belong to records, not to a folder."""
    (problem,) = problems(
        written(MINIMAL.replace('table = "Receipts"', 'folder = "/Inbox"\nwhere = "A = 1"'))
    )

    assert "a folder has neither fields nor where" in problem


def test_sources_have_names_of_their_own(written: Write):
    """Two sources of one name are refused by that name."""
    (problem,) = problems(written(MINIMAL + '[[sources]]\nname = "receipts"\ntable = "T"\n'))

    assert "source names must differ: receipts" in problem


def test_at_least_one_source_is_needed(written: Write):
    """Settings without a source would do nothing and are refused."""
    (problem,) = problems(written("sources = []\n" + MINIMAL.split("[[", maxsplit=1)[0]))

    assert problem.endswith(
        "caspio-ingest.toml: at least one [[sources]] or [[sync]] entry is needed."
    )


def test_a_sync_needs_no_source(written: Write):
    """Who only keeps tables the same reads no documents."""
    sync = '[[sync]]\nname = "a"\ntable = "A"\nurl = "sqlite:///a.db"\nmirror = "a"\n'
    columns = '[sync.columns]\nPK_ID = "pk"\n'

    settings = load_settings(written(MINIMAL.split("[[", maxsplit=1)[0] + sync + columns))

    assert [one.name for one in settings.sync] == ["a"]
    assert settings.specs() == {}


def test_blank_variable_is_no_variable(monkeypatch: pytest.MonkeyPatch):
    """A variable that is unset or blank is None."""
    monkeypatch.setenv("CASPIO_TEST_A", " ")
    monkeypatch.setenv("CASPIO_TEST_B", "x")

    assert environment("CASPIO_TEST_A") is None
    assert environment("CASPIO_TEST_B") == "x"
    assert environment("CASPIO_TEST_C") is None


def test_passwords_of_documents_are_secrets(written: Write, monkeypatch: pytest.MonkeyPatch):
    """Passwords come from the environment as a list, and are shown nowhere."""
    monkeypatch.setenv("CASPIO_INGEST_PROCESSING__PASSWORDS", '["open sesame"]')

    settings = load_settings(written(MINIMAL))

    assert [password.get_secret_value() for password in settings.processing.passwords] == [
        "open sesame"
    ]
    assert "sesame" not in f"{settings!r} {settings.processing}"


def test_passwords_in_the_file_are_refused(written: Write):
    """Passwords of documents never stand in the settings file."""
    found = problems(written(MINIMAL + '\n[processing]\npasswords = ["open sesame"]\n'))

    assert "processing.passwords is a secret" in found[0]
    assert "sesame" not in found[0]
