"""What the pages claim and the code decides: counts, names in messages, and command lines."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import typer
from prefect.automations import SendNotification
from prefect.settings.models.runner import RunnerSettings
from typer.main import get_command

from docs.generate.settings import sections
from flows.cli import app
from flows.prefect.blocks import SLUGS, TYPES
from flows.prefect.deployments.automations import automations
from flows.prefect.ui import states
from infra.emulator import Emulator
from infra.emulator.account.profiles import RIGHTS
from infra.emulator.account.seed import MEMBERS
from infra.emulator.state.schema import TYPES as FIELD_TYPES
from pipeline.accounts.shared import SharedSettings
from pipeline.adapters.caspio.client.operations import OPERATIONS
from pipeline.metering.budget import Priority
from tests.docs.pages import PAGES, ROOT, blocks_of, invocations_of, name_of, text_of

NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
# typer brings its own copy of click, whose errors it shows only in part.
USAGE_ERROR: Any = typer.BadParameter.__mro__[1]
MESSAGES = ("pipeline", "processors", "flows")


def page(name: str) -> str:
    """Return a page, each paragraph on one line."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", text_of(ROOT / "docs" / f"{name}.md"))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_command_line_is_understood(path: Path):
    """The real command line takes each command that a page shows, with its values; a mention may lack arguments."""
    program: Any = get_command(app)
    for words in invocations_of(path):
        if words[:1] in ([], ["COMMAND"], ["--version"]) or "…" in words or "--help" in words:
            continue
        try:
            with program.make_context("caspio-ingest", list(words)) as context:
                name, command, rest = program.resolve_command(context, list(words))
                while hasattr(command, "commands") and rest:
                    name, command, rest = command.resolve_command(context, rest)
                command.make_context(name, rest, parent=context)
        except USAGE_ERROR as error:
            # A mention may lack arguments and the values of options, or be of a group of commands.
            lacks = type(error).__name__ in {"MissingParameter", "NoArgsIsHelpError"}
            if not lacks and "requires an argument" not in str(error):
                pytest.fail(f"caspio-ingest {' '.join(words)}: {error}")


def test_a_pool_has_as_many_queues_as_the_page_says():
    """One for each priority, in their order, and Prefect's own."""
    said = re.search(
        r"A pool has (\w+) queues: one for each priority, in this order, (.*?)\.",
        page("operations"),
    )
    assert said

    assert NUMBERS[said[1]] == len(Priority) + 1
    assert re.findall(r"`(\w+)`", said[2]) == ["default", *(one.value for one in Priority)]


def test_serve_runs_as_many_at_once_as_the_page_says():
    """Prefect's limit of a host applies, and the page names it with its default."""
    said = re.search(r"at most (\w+) runs at the same time \(`PREFECT_(\w+)`\)", page("operations"))
    assert said

    assert said[2] == "RUNNER_PROCESS_LIMIT"
    assert NUMBERS[said[1]] == RunnerSettings.model_fields["process_limit"].default


def test_the_types_of_blocks_are_those_of_the_page():
    """Each type that settings can name has a row; the first ones are those that are registered."""
    table = text_of(ROOT / "docs/prefect.md").partition("| type | holds |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| .*?\(`([a-z-]+)`\)", table, re.MULTILINE)

    assert rows == list(SLUGS)
    assert rows[: len(TYPES)] == [kind.get_block_type_slug() for kind in TYPES]
    assert "registers the first two types" in page("prefect")
    assert len(TYPES) == 2


def test_each_state_has_the_color_of_the_page():
    """Prefect's UI takes the color from the type with which the code ends a run by this name."""
    code = "\n".join(text_of(file) for file in (ROOT / "flows/prefect").rglob("*.py"))
    colors = {"Completed": "green", "red": "red", "Failed": "red", "Cancelled": "gray"}
    ends = re.findall(
        r"\b(Completed|Cancelled|red)\((?:name=)?([A-Z_]+)\b(?: if \w+ else ([A-Z_]{2,}))?", code
    )
    made = {
        (getattr(states, name), colors[kind]) for kind, *names in ends for name in names if name
    }
    table = text_of(ROOT / "docs/prefect.md").partition("| state | color |")[2].partition("- **")[0]
    said = set(re.findall(r"^\s*\| ([\w ]+?) \| (\w+) \|", table, re.MULTILINE))

    # Those that have no name of their own are Prefect's.
    theirs = {("Completed", "green"), ("Cancelled", "gray"), ("Crashed", "orange")}
    assert {name for name, _ in made} == set(states.FINAL_NAMES) - {name for name, _ in theirs}
    assert made | theirs == said - {("AwaitingConcurrencySlot", "yellow")}


def test_the_automations_that_send_a_message_are_those_of_the_page():
    """With a notification block the three alarms send one; the rule for lost runs only marks."""
    made = list(automations(lost_after=timedelta(seconds=90), notification_block=uuid4()))
    sends = [any(isinstance(one, SendNotification) for one in rule.actions) for rule in made]

    assert sends == [False, True, True, True]
    assert "the three send a message" in page("prefect")


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_the_number_of_operations_is_right(path: Path):
    """Wherever a page counts the operations of the API, it counts them right."""
    counted = re.findall(r"(\d+) operations", text_of(path))

    assert {int(number) for number in counted} <= {len(OPERATIONS)}


def test_no_message_sends_a_secret_into_the_settings_file():
    """What must not be in the file is named by its variable, in every message and page."""
    secret = re.compile(r"(?:add|put|write|set)[^.\"]{0,60}\bprocessing\.passwords", re.IGNORECASE)
    files = [file for room in MESSAGES for file in (ROOT / room).rglob("*.py")]

    assert [str(file) for file in (*files, *PAGES) if secret.search(text_of(file))] == []


def test_every_setting_that_a_message_names_exists():
    """A message that names `section.setting` names one that a user can set."""
    known = {
        f"{section}.{name}" for section, model in sections().items() for name in model.model_fields
    }
    # What several accounts share has settings of its own.
    for section, field in SharedSettings.model_fields.items():
        known |= {f"{section}.{name}" for name in getattr(field.annotation, "model_fields", ())}
    tops = "|".join(sorted({section.partition(".")[0] for section in sections()} - {"sources"}))
    named: dict[str, str] = {}
    for room in MESSAGES:
        for file in (ROOT / room).rglob("*.py"):
            for text in re.findall(r"\"([^\"\n]* [^\"\n]*)\"", text_of(file)):
                for name in re.findall(rf"(?<![\w./-])((?:{tops})\.[a-z_]+)(?![\w.(/-])", text):
                    named[name] = str(file)

    assert {name: file for name, file in named.items() if name not in known} == {}


# --- the seed of the local Caspio


def test_the_seed_is_described_completely():
    """Each member of a seed has a row, each type of a field and each right is named, and no other."""
    text = text_of(ROOT / "docs/emulator.md")
    rows = re.findall(
        r"^\| `(\w+)` \|",
        text.partition("| member | contents |")[2].partition("\n\n")[0],
        re.MULTILINE,
    )
    types = text.partition("<!-- field types -->")[2].partition(".\n")[0]
    rights = text.partition("The rights are ")[2].partition(". ")[0]

    assert set(rows) == MEMBERS
    assert set(re.findall(r"`([^`]+)`", types)) == FIELD_TYPES
    assert set(re.findall(r"`(\w+)`", rights)) == RIGHTS


@pytest.mark.integration
def test_the_example_of_a_seed_is_one(tmp_path: Path):
    """A reader who copies the example, with its files beside it, has that account."""
    (example,) = (
        block.text
        for block in blocks_of(ROOT / "docs/emulator.md")
        if block.language == "json" and '"tables"' in block.text
    )
    (tmp_path / "account.json").write_text(example, encoding="utf-8")
    (tmp_path / "scans").mkdir()
    for name in ("scans/a.pdf", "lease.pdf"):
        (tmp_path / name).write_bytes(b"%PDF-1.4")

    with Emulator(seed=tmp_path) as emulator:
        account = emulator.control.dump()

    first, second = account["tables"]["Receipts"]
    assert (first["Total"], second["Lease"]) == (12.5, "/Contracts/lease.pdf")
    assert [one["name"] for one in account["attachments"]["Receipts"]] == ["a.pdf"]
