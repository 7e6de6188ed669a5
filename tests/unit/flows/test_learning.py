"""What users see of the learning and decide about it, from the ledger alone."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows.app.learning.learn import LearnReport, learn, lines_of
from flows.app.learning.state import (
    doubt_json,
    doubts_of,
    forget_directly,
    learning_of,
    promote_directly,
    undo_directly,
)
from flows.app.wiring import AppContext, ports as wiring
from flows.cli.records.learn import doubts, forget, undo_model
from flows.prefect.learn import learning_page
from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.errors import BadSettings, BudgetExhausted
from pipeline.learning.teach import Taught
from pipeline.metering.budget import Spending
from pipeline.model import RecordRef, Suggestion
from pipeline.model.learning import LearnedChoice, LearnedModel, Stratum, Trial, Verdict
from pipeline.model.limits import Step
from pipeline.model.review import ReviewItem, ReviewReason
from pipeline.settings import Settings, load_settings
from pipeline.settings.sections import LearnSettings
from tests.fakes.clock import FakeClock
from tests.fakes.learner import FakeLearner, PagesReader
from tests.fakes.ledger import MemoryLedger
from tests.unit.cli.conftest import command
from tests.unit.pipeline.world import World

pytestmark = pytest.mark.slow

SETTINGS = """
[caspio]
url = "https://a.caspio.com"
[[sources]]
name = "receipts"
table = "Receipts"
[sources.columns]
Company = "company"
"Cost center" = "learned"
"""
CHOICE = LearnedChoice("Acme", 0.97, Stratum.READ_AND_KNOWN, "read on line 1 of page 1")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings whose ledger has a column that is proved, and a doubt."""
    path = tmp_path / "caspio-ingest.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    with SqlLedger(f"sqlite:///{tmp_path / 'caspio-ingest.db'}", clock=FakeClock()) as ledger:
        for document in ("{}", '{"a":1}'):
            digest = hashlib.sha256(document.encode()).hexdigest()
            report = {"curve": [[10, 0.8], [25, 0.9]], "share_found": 0.96}
            made_at = datetime(2026, 3, 1, tzinfo=UTC)
            ledger.learning.save_model(
                LearnedModel("receipts", "Company", document, digest, made_at, 40, "e", report)
            )
        trial = Trial(
            "receipts", RecordRef("Receipts", "0"), "Company", "m", CHOICE, Step.SHADOW, ("text",)
        )
        ledger.learning.keep_trials(
            replace(trial, record=RecordRef("Receipts", str(pk)), verdict=Verdict.RIGHT)
            for pk in range(149)
        )
        said = "typed 'Acne', line 1 of page 1 says 'Acme'"
        suggestion = Suggestion("Company", "Acne", "Acme", said, 0.9, page=1, box=(1, 2, 3, 4))
        for pk, confidence in (("7", 0.9), ("8", 0.95)):
            ledger.effects.save_review_item(
                ReviewItem(
                    "receipts",
                    RecordRef("Receipts", pk),
                    "v1",
                    replace(suggestion, confidence=confidence),
                    given=ReviewReason.DOUBT,
                ),
                "run",
            )
    return path


def ledger_of(config: Path) -> SqlLedger:
    """Open the ledger."""
    return SqlLedger(f"sqlite:///{config.parent / 'caspio-ingest.db'}", clock=FakeClock())


def test_the_state_is_said_in_sentences(config: Path):
    """One for each kind of evidence that was tried, and for a column of which nothing is known."""
    with ledger_of(config) as ledger:
        (state,) = learning_of(load_settings(config, credentials=False), ledger)

    assert state.lines() == [
        (
            "Company, read and known: 149 of 149 as people typed; at least 98 %; it is proved "
            "(shadow; agree with `learn promote`)"
        ),
        "Cost center: nothing is learned yet",
    ]
    first = state.as_json()[0]["evidence"][0]
    assert (first["right"], first["asked"], first["needed"], first["ready"]) == (149, 149, 0, True)


def test_where_nobody_has_to_agree_nobody_is_asked(config: Path):
    """The next time that columns are learned takes the step."""
    settings = load_settings(config, credentials=False)
    auto = settings.model_copy(update={"learn": LearnSettings(promote="auto")})

    with ledger_of(config) as ledger:
        (state,) = learning_of(auto, ledger)

    assert state.lines()[0].endswith("it is proved (shadow; `learn` takes the next step)")


def test_a_step_is_agreed_to_by_somebody(config: Path):
    """The step and who agreed are kept; the same records prove no second step."""
    moves = promote_directly(config, "receipts", None, by="ada")
    again = promote_directly(config, "receipts", "Company", by="ben")

    assert [move.split(" (")[0] for move in moves + again] == [
        "Company, read and known: shadow → suggest"
    ]
    with ledger_of(config) as ledger:
        (rung,) = ledger.learning.rungs("receipts")
    assert (rung.step, rung.by) == (Step.SUGGEST, "ada")


def test_a_column_that_is_not_mapped_is_refused(config: Path):
    """A misspelled column is a mistake, and nothing that was done in silence."""
    with pytest.raises(BadSettings, match="maps no column 'Compamy'"):
        promote_directly(config, "receipts", "Compamy", by="ada")


def test_a_model_is_undone_and_forgotten(config: Path):
    """There is one model to go back to; what is forgotten leaves nothing."""
    assert undo_directly(config, "receipts", None) == ["Company"]
    assert undo_directly(config, "receipts", None) == []
    assert forget_directly(config, "receipts", "Company") == 1
    assert forget_directly(config, "receipts", None) == 0


def test_what_is_unknown_is_not_forgotten(config: Path):
    """A misspelled name is a mistake; one that the settings no longer have is known all the same."""
    with pytest.raises(BadSettings, match="maps no column 'Compamy'"):
        forget_directly(config, "receipts", "Compamy")
    with pytest.raises(BadSettings, match="reciepts"):
        forget_directly(config, "reciepts", None)
    config.write_text(SETTINGS.replace('Company = "company"', ""), encoding="utf-8")

    assert forget_directly(config, "receipts", "Company") == 1


def test_going_back_says_what_follows(config: Path, capsys: pytest.CaptureFixture[str]):
    """Each command says what it changed and what comes next, or that there was nothing."""

    def said(do: Callable[[], None]) -> str:
        do()
        return capsys.readouterr().out

    assert "plans again what it would write differently" in said(
        lambda: undo_model("receipts", config=config)
    )
    assert said(lambda: undo_model("receipts", config=config)) == (
        "receipts has no earlier model. Nothing was changed.\n"
    )
    assert said(lambda: undo_model("receipts", "Company", config=config)) == (
        "receipts: Company has no earlier model. Nothing was changed.\n"
    )
    assert said(lambda: doubts(config=config)).endswith(
        "2 doubts. Decide in the review: `caspio-ingest web serve`.\n"
    )
    assert 'learn = "off"' in said(lambda: forget("receipts", config=config))
    assert said(lambda: forget("receipts", "Company", config=config)).startswith(
        "Nothing is learned about receipts, Company"
    )
    assert said(lambda: doubts(config=config)) == "0 doubts.\n"


def test_a_column_without_trials_is_one_sentence(config: Path):
    """It says how many records it was learned from, and names no kind of evidence."""
    digest, made_at = hashlib.sha256(b"{}").hexdigest(), datetime(2026, 3, 1, tzinfo=UTC)
    model = LearnedModel("receipts", "Cost center", "{}", digest, made_at, 60, "e", {})
    with ledger_of(config) as ledger:
        ledger.learning.save_model(model)
        (state,) = learning_of(load_settings(config, credentials=False), ledger)

    assert state.lines()[-1] == (
        "Cost center: learned from 60 records; not compared with what people typed yet; "
        "149 more confirmed records are needed (shadow)"
    )


def test_a_step_that_the_settings_allow_no_more_than_is_said(config: Path):
    """Whoever only counts is not left to wait for records."""
    config.write_text(SETTINGS.replace('"company"', '{ finding = "company", learn = "shadow" }'))
    with ledger_of(config) as ledger:
        (state,) = learning_of(load_settings(config, credentials=False), ledger)

    assert state.lines()[0].endswith("it is proved (shadow; the settings allow no more)")


def test_forgetting_withdraws_the_doubts(config: Path):
    """Nobody is asked any more about a column of which nothing is known."""
    forget_directly(config, "receipts", "Cost center")
    settings = load_settings(config, credentials=False)
    with ledger_of(config) as ledger:
        assert len(doubts_of(settings, ledger)) == 2
    forget_directly(config, "receipts", "Company")

    with ledger_of(config) as ledger:
        assert doubts_of(settings, ledger) == []


def test_the_surest_doubt_comes_first(config: Path):
    """Each says what was typed, what the page says and where."""
    with ledger_of(config) as ledger:
        found = doubts_of(load_settings(config, credentials=False), ledger)

    assert [item.record.pk for item in found] == ["8", "7"]
    assert doubt_json(found[0])["box"] == (1, 2, 3, 4)
    assert doubt_json(found[0])["reason"] == "typed 'Acne', line 1 of page 1 says 'Acme'"


def test_another_spelling_is_the_last_doubt(config: Path):
    """However sure it is, a value that is another one is decided first."""
    spelled = Suggestion("Company", "Acme", "Acme Trading", "page 1 says so", 0.99)
    item = ReviewItem(
        "receipts", RecordRef("Receipts", "9"), "v1", spelled, given=ReviewReason.DOUBT
    )
    with ledger_of(config) as ledger:
        ledger.effects.save_review_item(item, "run")
        found = doubts_of(load_settings(config, credentials=False), ledger)

    assert [item.record.pk for item in found] == ["8", "7", "9"]


def test_the_report_of_a_run_has_steps_and_curves(config: Path):
    """The artifact says what was learned, how often it was right, and what is proved."""
    with ledger_of(config) as ledger:
        (state,) = learning_of(load_settings(config, credentials=False), ledger)
    taught = Taught("receipts", records=40, read=3, judged=2, learned={"Company": 40}, doubts=2)

    with ledger_of(config) as ledger:
        doubts = doubts_of(load_settings(config, credentials=False), ledger)

    page = learning_page(LearnReport("run-1", [taught], [state], doubts), state)

    assert "| Company | read and known | shadow | 149 of 149 as people typed" in page
    assert "| 25 | 90.0% |" in page
    assert "| 8 | Company | typed 'Acne'" in page.replace("\\", "")
    assert "Of the typed values 96% are on the page." in page
    assert "receipts: 2 earlier choices were judged" in lines_of(taught)


def test_the_command_prints_one_document(config: Path):
    """`learn status --json` and `learn doubts --json` need the ledger alone."""
    status = command("learn", "status", "--json", cwd=config.parent)
    doubts = command("learn", "doubts", "--json", cwd=config.parent)

    assert [one["column"] for one in status.document["sources"]["receipts"]] == [
        "Company",
        "Cost center",
    ]
    assert len(doubts.document["doubts"]) == 2


@dataclass
class Office:
    """An account in dictionaries with a filled table, as a run is connected to it."""

    world: World
    context: AppContext


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Five filled receipts, which nobody has read yet."""
    clock = FakeClock()
    world = World(
        tmp_path,
        clock=clock,
        ledger=MemoryLedger(clock),
        reader=PagesReader(),
        learner=FakeLearner(),
    )
    world.caspio.table(
        "Receipts", **{"Company": "STRING", "Cost center": "STRING", "Scan": "ATTACHMENT"}
    )
    for pk in "12345":
        world.receipt(pk, f"company=Acme\nn={pk}", Company="Acme")
    path = tmp_path / "settings.toml"
    path.write_text(SETTINGS.replace("[[sources]]", "monthly_calls = 100\n[[sources]]", 1))
    settings = load_settings(path, credentials=False)
    ports = world.source_run(settings.specs()["receipts"]).ports
    client: Any = SimpleNamespace(calls={})
    spending = Spending(world.ledger, "a.caspio.com", settings.caspio.allowance)
    return Office(world, AppContext(settings, ports, client, spending))


def test_a_source_is_learned_once_by_several_workers(office: Office):
    """Whoever comes second leaves it alone, and learns it when the first has ended."""
    leases = office.world.ledger.leases
    leases.join("other", ttl_s=60)
    assert leases.claim("other", [["learn receipts"]]) == [True]

    second = learn(office.context)
    leases.leave("other")
    third = learn(office.context)

    assert (second.elsewhere, second.taught) == (["receipts"], [])
    assert third.taught[0].learned == {"Company": 5}
    assert third.as_json()["sources"]["receipts"]["documents_read"] == 5


def test_learning_leaves_the_calls_of_other_work(office: Office):
    """At its share of the month, which is smaller than that of other work, there is no run at all."""
    ledger, allowance = office.world.ledger, office.context.settings.caspio.allowance
    ledger.usage.spend("a.caspio.com", "new", calls=60, size_bytes=0)
    spending = Spending(ledger, "a.caspio.com", allowance)
    spending.require()

    with pytest.raises(BudgetExhausted, match="learn work stops"):
        learn(replace(office.context, spending=spending))

    assert office.world.reader.reads == 0


def test_what_is_switched_off_is_refused(office: Office):
    """The message says which setting it is."""
    ports = replace(office.context.ports, learner=None)

    with pytest.raises(BadSettings, match=r"learn\.enabled"):
        learn(replace(office.context, ports=ports))


def test_a_run_without_learned_columns_loads_no_numpy():
    """The learner is there, and what it computes with is not loaded before it learns or chooses."""
    program = (
        "import sys; from types import SimpleNamespace as Settings;"
        "from flows.app.wiring.ports import open_learner;"
        "learner = open_learner(Settings(learn=Settings(enabled=True)));"
        "before = 'numpy' in sys.modules;"
        "print(before, learner.format != '', 'numpy' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["False", "True", "True"]


def test_an_error_while_the_learner_is_loaded_is_that_error(monkeypatch: pytest.MonkeyPatch):
    """What is wrong with a library is said as it is: a lookup that fails does not look again."""

    def broken() -> None:
        raise AttributeError("numpy has no float_")

    monkeypatch.setattr("processors.learner.ColumnLearner", broken)
    wiring._load_learner.cache_clear()
    learner = wiring.open_learner(Settings.model_construct(learn=LearnSettings(enabled=True)))
    assert learner is not None

    with pytest.raises(AttributeError, match="numpy has no float_"):
        learner.format  # noqa: B018 - looking it up loads
