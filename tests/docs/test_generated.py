"""The generated parts of the documentation are complete: what the code has, the page has."""

import re
from typing import Any

import pytest
from typer.main import get_command

from docs.generate.commands import command_pages, commands, exit_codes
from docs.generate.settings import (
    sections,
    settings_of,
    settings_table,
    shared_sections,
    shared_table,
)
from flows.cli import app, common


@pytest.mark.parametrize("section", shared_sections())
def test_every_shared_setting_is_described(section: str):
    """Each setting of the shared file has a row, as those of an account have."""
    table = shared_table(section)

    for name, field in shared_sections()[section].model_fields.items():
        assert f"`{section}.{name}`" in table
        assert (field.description or "").strip().endswith(".")


@pytest.mark.parametrize("section", sections())
def test_every_setting_is_described(section: str):
    """Each setting of a section has a row with its type and a description that is a sentence."""
    settings = settings_of(section)
    model = sections()[section]

    table = settings_table(section)

    nested = {name for name in model.model_fields if f"{section}.{name}" in sections()}
    assert {one.name.rpartition(".")[2] for one in settings} >= set(model.model_fields) - nested
    assert [one.name for one in settings if not one.description.endswith(".")] == []
    assert [one.name for one in settings if not one.type] == []
    assert all(f"`{one.name}`" in table for one in settings)


def test_every_section_is_found():
    """Sections inside sections are found too, under their dotted names."""
    assert {"caspio", "caspio.priorities", "sources", "sources.columns", "sources.review"} <= set(
        sections()
    )


def test_types_and_bounds_are_written_in_words():
    """A number has its bounds, a choice its values, a default its TOML."""
    by_name = {one.name: one for section in sections() for one in settings_of(section)}

    assert by_name["processing.memory_mib"].type == "integer ≥ 512"
    assert by_name["processing.ocr"].type == '`"auto"`, `"tesseract"`, `"rapidocr"`'
    assert by_name["caspio.monthly_calls"].default == "500_000"
    assert by_name["processing.languages"].type == "list of strings"
    assert by_name["caspio.url"].required


def test_every_command_is_described():
    """Each command and group of the program has a section, each with a description."""
    names = {command.name.partition(" ")[0] for command in commands()}

    assert names == set(get_command(app).commands)  # type: ignore[attr-defined]
    assert [command.name for command in commands() if not command.description] == []


def test_every_option_is_described():
    """Each option that a command takes is in its table with a sentence."""
    program = get_command(app)
    page = command_pages()

    for command in commands():
        found = program
        for word in command.name.split():
            found = found.commands[word]  # type: ignore[attr-defined]
        wanted = {
            name
            for parameter in found.params
            for name in parameter.opts
            if name.startswith("-") and name != "--help"
        }
        documented = {name for one in command.parameters for name in one.names}
        assert wanted <= {part for name in documented for part in name.split("/")}
        assert [one.names for one in command.parameters if not one.help] == []
        assert f"{{ #{command.name.replace(' ', '-')} }}" in page


def test_every_exit_code_is_described():
    """Each exit code that a command can end with has its meaning in the table."""
    codes = {
        value
        for name, value in vars(common).items()
        if re.fullmatch(r"EXIT_[A-Z_]+", name) and isinstance(value, int)
    }

    assert {0} | codes == set(common.EXIT_CODES)
    assert all(f"| `{code}` |" in exit_codes() for code in codes)


def shown_by_help() -> dict[str, str]:
    """Return the text of `--help` of each command and group, by its name."""
    program: Any = get_command(app)
    texts: dict[str, str] = {}

    def look(command: Any, name: str, parent: Any) -> None:
        with command.make_context(
            name or "caspio-ingest", [], parent=parent, resilient_parsing=True
        ) as context:
            texts[name] = command.get_help(context)
            for nested, one in getattr(command, "commands", {}).items():
                look(one, f"{name} {nested}".strip(), context)

    look(program, "", None)
    return texts


def test_help_says_the_same_as_the_page():
    """Each value has the name of the page, no type of Python is shown, and no sentence is cut off."""
    texts = shown_by_help()

    for command in commands():
        text = texts[command.name]
        for parameter in command.parameters:
            usage = (
                f"{max(parameter.names, key=len)} {parameter.value}"
                if parameter.names
                else parameter.value
            )
            assert usage.partition("/")[0].strip() in text, command.name
    assert [
        name
        for name, text in texts.items()
        if re.search(r"<[a-z]|list\[|\w\.\.\.$", text, re.MULTILINE)
    ] == []
