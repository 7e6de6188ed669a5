"""docs/operations.md names what exists: commands, options, files, settings, variables, states."""

import re
import shlex
from pathlib import Path

import pytest
from prefect.settings import Settings as PrefectSettings
from prefect.settings.legacy import _get_valid_setting_names
from typer.main import get_command

from flows.cli import app
from flows.prefect.ui.states import FINAL_NAMES
from pipeline.settings import Settings
from pipeline.settings.sections import ProcessingSettings, ServeSettings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
CODE = re.findall(r"`([^`]+)`", PAGE) + re.findall(r"^(caspio-ingest .*)$", PAGE, re.MULTILINE)
OURS = [" ".join(text.split()) for text in CODE if text.startswith("caspio-ingest ")]
OF_OTHERS = {"PREFECT_REDIS_MESSAGING_URL", "PREFECT_SERVER_ENCRYPTION_KEY"}


@pytest.mark.parametrize("line", sorted(set(OURS)))
def test_every_command_and_option_exists(line: str):
    """Each command is one of the program, with options it takes."""
    _, name, *rest = shlex.split(line)
    commands = get_command(app).commands  # type: ignore[attr-defined]  # it is a group

    assert name in commands
    known = {option for parameter in commands[name].params for option in parameter.opts}
    assert [word for word in rest if word.startswith("--") and word not in known] == []


def test_the_commands_are_there():
    """The page names those that an operator needs."""
    named = {line.split()[1] for line in OURS}

    assert {
        "serve",
        "deploy",
        "worker",
        "run",
        "status",
        "doctor",
        "explain",
        "verify",
        "undo",
        "reprocess",
    } <= named


def test_every_target_and_file_exists():
    """What make and a reader are sent to is there."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"`make ([a-z-]+)`", PAGE)
    files = [text for text in CODE if re.fullmatch(r"infra/[\w./-]+", text)] + re.findall(
        r"\]\(([a-z]+\.md)\)", PAGE
    )

    assert targets
    assert [target for target in targets if f"\n{target}:" not in makefile] == []
    assert [
        name for name in files if not (ROOT / name).exists() and not (ROOT / "docs" / name).exists()
    ] == []


def test_every_setting_exists():
    """Each setting that the page names exists, and it names those for `serve` and the memory."""
    named = {
        text
        for text in CODE
        if re.fullmatch(r"(serve|processing|caspio|archive|ledger)\.[a-z_]+", text)
    }
    known = {
        f"{section}.{name}"
        for section, field in Settings.model_fields.items()
        if hasattr(field.annotation, "model_fields")
        for name in field.annotation.model_fields
    }

    assert {f"serve.{name}" for name in ServeSettings.model_fields} <= named | {
        "serve.schedule",
        "serve.timezone",
    }
    assert "processing.memory_mib" in named
    assert "memory_mib" in ProcessingSettings.model_fields
    assert named - known == set()


def test_every_variable_exists():
    """Each variable of Prefect that the page names exists, or belongs to another program."""
    variables = {name for text in CODE for name in re.findall(r"\bPREFECT_[A-Z_]+\b", text)}

    assert variables
    assert variables - OF_OTHERS - set(_get_valid_setting_names(PrefectSettings)) == set()


def test_every_state_a_run_can_end_in_is_explained():
    """Prefect's and ours have a row each."""
    explained = {row.split("|")[1].strip() for row in PAGE.splitlines() if row.startswith("| ")}

    assert set(FINAL_NAMES) <= explained


def test_stopping_takes_less_than_whoever_stops_it_waits():
    """The page's 60 seconds are those of the compose file and the manifests."""
    compose = (ROOT / "infra/compose.production.yaml").read_text(encoding="utf-8")
    worker = (ROOT / "infra/kubernetes/worker.yaml").read_text(encoding="utf-8")
    drain_s = ServeSettings().drain_s

    assert "are 60 seconds longer" in PAGE
    assert f"stop_grace_period: {(drain_s + 60) // 60}m" in compose
    assert f"terminationGracePeriodSeconds: {drain_s + 60}" in worker
