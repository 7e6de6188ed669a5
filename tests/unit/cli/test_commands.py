import hashlib
import json
import os
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import get_args

import pytest

from flows.app.reading import limits_of, own_models
from flows.cli import app, main
from flows.cli.records.sync import SideName
from flows.cli.services.emulator import further_accounts
from flows.cli.services.web import RoleName
from pipeline.model.sync import Side
from pipeline.model.users import Role
from pipeline.settings.sections import ProcessingSettings
from processors.contract import Limits, OcrModels
from processors.sandbox.reader import DOCUMENTS_PER_CHILD
from tests.unit.cli.conftest import command

pytestmark = pytest.mark.slow

KEYS = {
    "file", "media_type", "sha256", "pages", "text", "doc_type", "fields", "status", "problems", "metadata", "children",
    "scan",
}  # fmt: skip
RUN = (
    "import sys, atexit;"
    "atexit.register(lambda: print(*sys.modules, sep='\\n', file=sys.stderr));"
    "from flows.cli import main; main()"
)
NEVER = frozenset({
    "prefect", "openvino", "onnxruntime", "cv2", "pypdfium2", "sqlalchemy", "boto3", "httpx", "numpy", "PIL", "lxml",
    "jinja2", "sklearn", "pydantic_settings", "pipeline.settings", "pipeline.ports", "pipeline.decide", "flows.app.wiring",
    "processors.values", "processors.classify",
})  # fmt: skip
"""What the command line, and the reading of a file without an account, do without."""
SLOW_TO_IMPORT = frozenset({"pydantic", "structlog", "asyncio", "attr"})
"""What takes as long to import as the rest of a command: pydantic by Typer, which converts with it, the others by what
writes log lines."""


def imported(*arguments: str) -> set[str]:
    """Run the command line and return the modules that its process had imported at the end."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return set(done.stderr.splitlines())


def test_help_lists_every_command(tmp_path: Path):
    """--help names each command with a sentence."""
    ended = command("--help", cwd=tmp_path)

    names = {registered.name for registered in app.registered_commands}
    listed = {
        line.split()[0]: line.split()[1:]
        for line in ended.out.split("Commands:")[1].splitlines()
        if line.strip()
    }
    assert ended.code == 0
    assert names >= {
        "demo",
        "doctor",
        "read",
        "run",
        "reprocess",
        "explain",
        "status",
        "serve",
        "emulator",
    }
    assert names <= set(listed)
    assert all(listed[name] for name in names if name)
    assert not [name for name, words in listed.items() if words[-1].endswith("...")]


def test_version_is_reported(tmp_path: Path):
    """--version names the program and its version, and nothing else."""
    ended = command("--version", cwd=tmp_path)

    assert (ended.code, ended.out) == (0, f"caspio-ingest {version('caspio-ingest')}\n")


def test_help_imports_nothing_that_takes_long():
    """--help loads the options of the commands and none of what they work with."""
    modules = imported("--help")

    assert "flows.cli.records.run" in modules
    assert modules & (NEVER | SLOW_TO_IMPORT | {"rich", "processors", "pipeline.model"}) == set()


def test_options_offer_what_the_pipeline_knows():
    """The sides and the roles that options name are those that the pipeline has, though `--help` does not load them."""
    assert get_args(SideName) == tuple(Side)
    assert get_args(RoleName) == tuple(Role)


def prepared_for(*arguments: str) -> set[str]:
    """Return the names of the commands that Typer takes apart for a command line."""
    code = (
        "import atexit, sys, typer.main;"
        "prepare, names = typer.main.get_command_from_info, [];"
        "typer.main.get_command_from_info = lambda **of:"
        " names.append(of['command_info'].name) or prepare(**of);"
        "atexit.register(lambda: print(*names, file=sys.stderr));"
        "from flows.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["read", "--help"], {"read"}),
        (["plan", "run"], {"plan"}),
        (["secrets", "list", "--help"], {"set", "list", "rotate", "remove"}),
    ],
)
def test_a_command_prepares_no_other(arguments: list[str], names: set[str]):
    """Typer takes apart the command that is named, and those of its group alone."""
    assert prepared_for(*arguments) == names


@pytest.mark.parametrize("arguments", [["--help"], ["--version", "read"], ["nothing"], []])
def test_all_commands_are_prepared_where_none_is_named(arguments: list[str]):
    """Help and messages about a name that there is not know all of them."""
    assert prepared_for(*arguments) > {each.name for each in app.registered_commands}


def test_ending_looks_for_no_garbage():
    """When a command ends, Python does not go through all that was imported once more."""
    code = (
        "import atexit, gc;"
        "atexit.register(lambda: print(gc.get_freeze_count() > 10_000));"
        "from flows.cli import main; main()"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=True
    )

    assert done.stdout.split()[-1] == "True"


def test_reading_a_file_imports_no_settings_and_no_processor(tmp_path: Path):
    """`read` starts its reader process without settings, ledger and client, and reads nothing itself."""
    file = tmp_path / "note.txt"
    file.write_text("Total 12.50 EUR", encoding="utf-8")

    modules = imported("read", "--json", str(file))

    assert "processors.sandbox.reader" in modules
    assert modules & (NEVER | SLOW_TO_IMPORT | {"rich"}) == set()


def test_showing_a_file_imports_no_more_than_its_table(tmp_path: Path):
    """`read` prints its table without what writes log lines, and without what the table has no use for."""
    file = tmp_path / "note.txt"
    file.write_text("Total 12.50 EUR", encoding="utf-8")

    modules = imported("read", str(file))

    assert "rich.table" in modules
    assert modules & (NEVER - {"pipeline.decide"} | SLOW_TO_IMPORT) == set()


def test_reading_without_settings_has_the_default_limits():
    """`read` does not load the settings, and reads as they would say by default."""
    settings = ProcessingSettings()

    assert limits_of(settings) == Limits()
    assert settings.documents_per_child == DOCUMENTS_PER_CHILD
    assert (settings.date_order, settings.rules) == ("", None)
    assert own_models(settings) == OcrModels()
    assert settings.require_isolation == "none"


def test_missing_settings_file_is_reported(tmp_path: Path):
    """Without a settings file a command ends with 2 and says which file and what to do, on stderr alone."""
    ended = command("run", "--json", cwd=tmp_path)

    assert ended.code == 2
    assert ended.out == ""
    assert "caspio-ingest.toml" in ended.err
    assert "--config" in ended.err
    assert "Traceback" not in ended.err


def test_doctor_without_settings_ends_with_2(tmp_path: Path):
    """Settings that are missing are what is wrong, not something that stopped: `doctor` ends as `run` does."""
    ended = command("doctor", "--json", cwd=tmp_path)

    (check,) = ended.document
    assert ended.code == 2
    assert (check["check"], check["ok"]) == ("settings", False)
    assert check["remedy"]


@pytest.mark.parametrize(
    "arguments", [("rnu",), ("run", "--lmit", "1"), ("run", "--limit", "0"), ("read",)]
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...], tmp_path: Path):
    """A misspelt command, option or value ends with 2 and leaves stdout empty."""
    ended = command(*arguments, cwd=tmp_path)

    assert ended.code == 2
    assert ended.out == ""
    assert ended.err


def test_read_prints_one_document(tmp_path: Path):
    """`read --json` prints what was found in each file in its documented shape and nothing else."""
    file = tmp_path / "note.txt"
    file.write_text("Invoice total: 12.50 EUR", encoding="utf-8")

    ended = command("read", "--json", file, cwd=tmp_path)

    assert ended.code == 0
    (document,) = ended.document
    assert set(document) == KEYS
    assert {
        name: document[name] for name in ("file", "media_type", "sha256", "status", "text")
    } == {
        "file": str(file),
        "media_type": "text/plain",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "status": "ok",
        "text": "Invoice total: 12.50 EUR",
    }
    assert [(page["number"], page["source"]) for page in document["pages"]] == [(1, "text")]
    assert set(document["pages"][0]) == {"number", "source", "engine", "confidence", "reason"}
    assert set(document["doc_type"]) == {"value", "confidence", "reason"}
    assert document["fields"]["total"]["value"] == "12.50"
    assert set(document["fields"]["total"]) == {"value", "confidence", "page", "box", "reason"}


def test_file_that_cannot_be_read_ends_with_1(tmp_path: Path):
    """One unreadable file among good ones is reported in its place, and the command ends with 1."""
    good, empty = tmp_path / "good.txt", tmp_path / "empty.txt"
    good.write_text("hello", encoding="utf-8")
    empty.touch()

    ended = command("read", "--json", good, empty, cwd=tmp_path)

    assert ended.code == 1
    assert [document["status"] for document in ended.document] == ["ok", "empty"]
    assert ended.document[1]["problems"]
    assert set(ended.document[1]) == KEYS


def test_read_shows_a_strangers_text_as_it_is(tmp_path: Path):
    """On a terminal brackets in a file's name are text, not colors."""
    file = tmp_path / "[red]note[bold].txt"
    file.write_text("Invoice total: 12.50 EUR", encoding="utf-8")

    ended = command("read", file, cwd=tmp_path)

    assert ended.code == 0
    assert "[red]note[bold].txt" in ended.out
    assert "12.50" in ended.out


@pytest.mark.parametrize(
    "arguments", [("none.txt",), (".",), ("--ocr", "magic", "a.txt"), ("--language", "E", "a.txt")]
)
def test_read_refuses_what_it_cannot_do(arguments: tuple[str, ...], tmp_path: Path):
    """A file that is not there, an unknown engine or language ends with 2 and a sentence."""
    (tmp_path / "a.txt").write_text("a", encoding="utf-8")

    ended = command("read", "--json", *arguments, cwd=tmp_path)

    assert ended.code == 2
    assert ended.out == ""
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("option", "value", "right"), [("--language", "E", "deu"), ("--ocr", "magic", "rapidocr")]
)
def test_read_names_the_option_that_is_wrong(option: str, value: str, right: str, tmp_path: Path):
    """A wrong value is reported once, under the name of the option and with examples of right ones."""
    (tmp_path / "a.txt").write_text("a", encoding="utf-8")

    ended = command("read", option, value, "a.txt", cwd=tmp_path)

    assert ended.err.count(option) == 1
    assert right in ended.err


def test_a_rebuild_is_never_of_a_part(tmp_path: Path):
    """`verify --rebuild-ledger` refuses the options that would choose or repair a part, before anything is opened."""
    for option in (("--limit", "3"), ("--source", "receipts"), ("--repair",)):
        ended = command("verify", "--rebuild-ledger", *option, cwd=tmp_path)

        assert ended.code == 2
        assert "--limit" in ended.err


def test_emulator_without_a_seed_is_reported(tmp_path: Path):
    """A folder without account.json is no seed, and the message says how to draw one."""
    ended = command("emulator", "--seed", tmp_path, cwd=tmp_path)

    assert ended.code == 2
    assert "account.json" in ended.err


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ({"Name": "PK_ID", "Type": "INTEGER"}, "field PK_ID: Caspio gives every table a PK_ID"),
        ({"Name": "Total"}, 'field Total: it has no "Type"; give it one of ATTACHMENT'),
    ],
)
def test_a_malformed_seed_is_reported(tmp_path: Path, field: dict[str, str], said: str):
    """The message names file, table and field, and does not speak of a port."""
    seed = {"tables": {"Receipts": {"fields": [field]}}}
    (tmp_path / "account.json").write_text(json.dumps(seed), encoding="utf-8")

    ended = command("emulator", "--seed", tmp_path, "--port", "0", cwd=tmp_path)

    shown = " ".join(ended.err.split())
    assert ended.code == 2
    assert f'account.json, table "Receipts", {said}' in shown
    assert "--port" not in shown
    assert ".." not in shown.removeprefix(str(tmp_path))


def test_a_taken_port_is_said_in_words(tmp_path: Path):
    """The message names the port and another way, and no number of the system."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = command("emulator", "--port", port, cwd=tmp_path)

    assert ended.code == 3
    assert f"Port {port} is taken. Choose another --port" in " ".join(ended.err.split())


def test_further_accounts_are_named_with_their_client_ids(tmp_path: Path):
    """A seed after the first has no client id but those of its profiles."""
    profile = {"client_id": "globex-app", "client_secret": "secret"}
    for name, profiles in (("acme", []), ("globex", [profile]), ("umbra", [])):
        (tmp_path / name).mkdir()
        account = json.dumps({"name": name, "profiles": profiles})
        (tmp_path / name / "account.json").write_text(account, encoding="utf-8")

    lines = list(further_accounts([tmp_path / name for name in ("acme", "globex", "umbra")]))

    assert lines[0] == "  account globex: client id globex-app"
    assert "add `profiles`" in lines[1]
    assert "secret" not in "".join(lines)


def test_commands_send_no_telemetry(monkeypatch: pytest.MonkeyPatch):
    """Prefect's client would report its use to its maker; a command and what it starts do not."""
    monkeypatch.delenv("DO_NOT_TRACK", raising=False)
    monkeypatch.setattr(sys, "argv", ["caspio-ingest", "--version"])

    with pytest.raises(SystemExit):
        main()

    assert os.environ["DO_NOT_TRACK"] == "1"


def test_a_file_that_the_machine_refuses_is_one_sentence(tmp_path: Path):
    """Where a command cannot write, it names the file and what to do, and shows no traceback."""
    ended = command("demo", "--dir", "/dev/null/demo", cwd=tmp_path)

    assert ended.code == 3, ended.err
    assert "/dev/null/demo cannot be used: Not a directory. Correct the path" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is full")
@pytest.mark.parametrize("arguments", [("mcp", "tools"), ("mcp", "tools", "--json")])
def test_a_disk_that_is_full_before_a_file_is_written_to_its_end_is_one_sentence(
    arguments: tuple[str, ...],
):
    """An error without a file's name stops a command as any other: 3, and what to do."""
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-c", "from flows.cli import main; main()", *arguments],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip

    assert ended.returncode == 3, ended.stderr
    assert "No space left on device. Free space" in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr
