"""Reading chosen documents again as the class that a user says they have."""

from pathlib import Path

import pytest

from flows.app.classes import classes, require_class
from flows.app.direct import work_sources
from flows.app.run_request import RunRequest
from flows.terminal.progress import progress
from pipeline.decide.fingerprint import settings_hash
from pipeline.errors import BadSettings
from pipeline.settings import Settings
from pipeline.source_run.selection import Selection
from tests.unit.pipeline.world import World
from tests.unit.web.conftest import GOOD, connected

OWN_RULES = '[[rules]]\nclass = "delivery_note"\nwords = ["delivery note"]\nweight = 4\nmost = 1\nwhere = "title"'


def again(world: World, settings: Settings, selection: Selection) -> None:
    """Read a selection of the receipts again, as `reprocess` does."""
    with connected(world, settings) as context:
        request = RunRequest(selection=selection, yes=True)
        work_sources(context, sources=["receipts"], request=request, watch=progress(shown=False))


def test_chosen_documents_get_the_class_that_a_user_says(world: World, settings: Settings):
    """The class is suggested for the record that is named, beside the one that was written."""
    spec = settings.specs()["receipts"]
    world.ledger.files.confirm_source("receipts", settings_hash(spec))
    for pk in "12":
        world.receipt(pk, GOOD)
    world.run(spec)

    again(world, settings, Selection(("2",), as_class="invoice"))

    (item,) = world.ledger.effects.review_items("receipts")
    assert (item.record.pk, item.suggestion.column) == ("2", "DocType")
    assert (item.suggestion.suggested, item.suggestion.current) == ("invoice", "receipt")


@pytest.mark.parametrize(
    ("selection", "problem"),
    [
        (Selection(("1",), as_class="no class"), "There is no class 'no class'. The classes are: "),
        (Selection(as_class="invoice"), "name them by record"),
        (Selection(("1",), stale=True, as_class="invoice"), "not by whether they are stale"),
    ],
)
def test_a_class_is_known_and_said_of_chosen_documents(
    world: World, settings: Settings, selection: Selection, problem: str
):
    """Anything else is refused before there is a run."""
    world.receipt("1", GOOD)
    before = len(world.ledger.usage.runs())

    with pytest.raises(BadSettings, match=problem):
        again(world, settings, selection)

    assert world.reader.reads == 0
    assert len(world.ledger.usage.runs()) <= before + 1  # `connected` begins one of its own


def test_the_classes_are_those_of_the_rules(settings: Settings, tmp_path: Path):
    """A class of the user's own rules can be said, too."""
    file = tmp_path / "rules.toml"
    file.write_text(OWN_RULES, encoding="utf-8")
    processing = settings.processing.model_copy(update={"rules": file})
    own = settings.model_copy(update={"processing": processing})

    assert "delivery_note" not in classes(settings)
    assert "delivery_note" in classes(own)
    require_class(own, Selection(("1",), as_class="delivery_note"))
    require_class(own, None)
