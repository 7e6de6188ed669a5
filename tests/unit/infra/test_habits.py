"""The files that editors, hooks and GitHub read are valid, and do what `make` does."""

import json
import re
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
SUFFIXES = {".yaml": yaml.safe_load_all, ".yml": yaml.safe_load_all, ".json": json.loads}


def _tracked(*suffixes: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    files = [ROOT / name for name in listed.stdout.split("\0")]
    return [file for file in files if file.suffix in suffixes and file.is_file()]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="Git lists the files; this is no checkout")
def test_every_yaml_and_json_file_is_valid():
    """Each file of these kinds parses."""
    files = _tracked(*SUFFIXES)

    for file in files:
        text = file.read_text(encoding="utf-8")
        parsed = SUFFIXES[file.suffix](text)
        assert parsed if isinstance(parsed, (dict, list)) else list(parsed), file

    assert len(files) > 20


def _hooks() -> dict[str, dict[str, Any]]:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (local,) = config["repos"]
    assert local["repo"] == "local"
    return {hook["id"]: hook for hook in local["hooks"]}


def test_hooks_run_what_make_check_runs():
    """Every tool of `make check` is a hook, with the same arguments and the locked version."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^check:.*\n\t.*?for tool in (.*?); do", makefile, re.MULTILINE)
    assert recipe is not None
    tools = [quoted or bare for quoted, bare in re.findall(r'"([^"]+)"|(\S+)', recipe[1])]

    entries = {hook["entry"] for hook in _hooks().values()}

    assert len(tools) >= 4
    assert {f".venv/bin/{tool}" for tool in tools} <= entries


def test_hooks_check_the_whole_project():
    """Hooks get no list of files: imports and types are right or wrong together."""
    assert all(
        hook["language"] == "system" and hook["pass_filenames"] is False
        for hook in _hooks().values()
    )


def test_the_devcontainer_sets_up_as_make_does():
    """The container runs the set-up of `make`, as the user who may install Debian packages."""
    file = ROOT / ".devcontainer/devcontainer.json"
    container = json.loads(file.read_text(encoding="utf-8"))

    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    target = container["postCreateCommand"].removeprefix("make ")
    assert f"\n{target}:" in makefile
    assert container["remoteUser"] == "root"


def test_editors_use_the_line_length_of_ruff():
    """Python lines are as long in `.editorconfig` as in `pyproject.toml`."""
    settings = ConfigParser()
    text = (ROOT / ".editorconfig").read_text(encoding="utf-8")
    settings.read_string(f"[root]\n{text}")

    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f"line-length = {settings['*']['max_line_length']}\n" in project


@pytest.mark.parametrize("name", ["bug", "feature"])
def test_issue_forms_have_what_github_asks_for(name: str):
    """A form has a name, a description and fields, and each field has a label and an id of its own."""
    file = ROOT / f".github/ISSUE_TEMPLATE/{name}.yml"
    form = yaml.safe_load(file.read_text(encoding="utf-8"))
    fields = [field for field in form["body"] if field["type"] != "markdown"]

    assert form["name"]
    assert form["description"]
    assert len({field["id"] for field in fields}) == len(fields) > 0
    assert all(field["attributes"]["label"] for field in fields)
