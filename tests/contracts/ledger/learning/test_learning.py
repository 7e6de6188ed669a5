"""What was learned: models, the choices they made, and the steps that were proved."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.model import RecordRef
from pipeline.model.learning import (
    MAX_MODEL_BYTES,
    LearnedChoice,
    LearnedModel,
    PrintedAt,
    Rung,
    Stratum,
    Trial,
    TrialCounts,
    Verdict,
)
from pipeline.model.limits import Step
from pipeline.ports import Ledger
from tests.fakes.clock import FakeClock

CHOICE = LearnedChoice(
    "Northwind", 0.97, Stratum.READ_AND_KNOWN, "read on line 3", PrintedAt(1, 3, (1.0, 2, 3, 4))
)


def a_model(clock: FakeClock, document: str, column: str = "Company") -> LearnedModel:
    """Return a model of a column."""
    digest = hashlib.sha256(document.encode()).hexdigest()
    return LearnedModel("receipts", column, document, digest, clock.now(), 30, "e1", {"share": 0.5})


def a_trial(pk: str, column: str = "Company") -> Trial:
    """Return a choice for a record."""
    record = RecordRef("Receipts", pk)
    return Trial("receipts", record, column, "m1", CHOICE, Step.SHADOW, engines=("text",))


def test_a_model_is_kept_whole_and_undone_once(ledger: Ledger, clock: FakeClock):
    """The present model is the last one saved; undoing goes back to the one before, and no further."""
    first, second = a_model(clock, "{}"), a_model(clock, '{"a":1}')
    ledger.learning.save_model(first)
    ledger.learning.save_model(second)
    ledger.learning.save_model(second)

    assert ledger.learning.model("receipts", "Company") == second
    assert ledger.learning.undo_model("receipts", "Company") == first
    assert ledger.learning.models("receipts") == [first]
    assert ledger.learning.undo_model("receipts", "Company") is None


def test_an_undone_model_is_known_until_another_is_saved(ledger: Ledger, clock: FakeClock):
    """Whoever learns the same again must know that a user went back from it."""
    first, second = a_model(clock, "{}"), a_model(clock, '{"a":1}')
    ledger.learning.save_model(first)
    ledger.learning.save_model(second)
    assert ledger.learning.undone_model("receipts", "Company") is None
    ledger.learning.undo_model("receipts", "Company")

    assert ledger.learning.undone_model("receipts", "Company") == second
    ledger.learning.save_model(a_model(clock, '{"a":2}'))
    assert ledger.learning.undone_model("receipts", "Company") is None
    assert ledger.learning.undo_model("receipts", "Company") == first


def test_a_model_that_is_too_large_is_refused(ledger: Ledger, clock: FakeClock):
    """A ledger is no place for a model that grows without bounds."""
    with pytest.raises(ValueError, match="large"):
        ledger.learning.save_model(a_model(clock, "x" * (MAX_MODEL_BYTES + 1)))


def test_a_model_whose_bytes_were_changed_is_not_used(tmp_path: Path, clock: FakeClock):
    """What somebody has edited in the database is no model any more."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    with SqlLedger(url, clock=clock) as ledger:
        ledger.learning.save_model(a_model(clock, "{}"))
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE learned_models SET document = '{\"a\": 2}'"))
        engine.dispose()

        assert ledger.learning.model("receipts", "Company") is None


def test_a_judged_choice_stays(ledger: Ledger):
    """A new choice replaces an open one; once it is judged, the record may have been learned from."""
    trial, other = a_trial("1"), a_trial("2")
    ledger.learning.keep_trials([trial, other])
    ledger.learning.keep_trials([replace(trial, model="m2")])
    ledger.learning.judge([replace(trial, verdict=Verdict.WRONG, typed="Contoso")])
    ledger.learning.judge([replace(trial, verdict=Verdict.RIGHT, typed="Northwind")])
    ledger.learning.judge([replace(trial, record=other.record, verdict=Verdict.RIGHT)], again=True)
    ledger.learning.keep_trials([replace(trial, model="m3")])

    judged = {one.record.pk: one for one in ledger.learning.trials("receipts", "Company")}
    assert (judged["1"].model, judged["1"].verdict, judged["1"].typed) == (
        "m2",
        Verdict.WRONG,
        "Contoso",
    )
    assert judged["1"].choice == CHOICE
    assert judged["2"].verdict is Verdict.OPEN
    waiting = ledger.learning.trials("receipts", open_only=True)
    assert [one.record.pk for one in waiting] == ["2"]

    ledger.learning.judge([replace(trial, verdict=Verdict.RIGHT, typed="Northwind")], again=True)
    (right,) = ledger.learning.trials("receipts", "Company", record=("Receipts", "1"))
    assert (right.model, right.verdict, right.typed) == ("m2", Verdict.RIGHT, "Northwind")


def test_the_latest_choices_come_first(ledger: Ledger):
    """A limit takes the latest ones."""
    ledger.learning.keep_trials([a_trial("1"), a_trial("2"), a_trial("3", "Total")])

    assert [one.record.pk for one in ledger.learning.trials("receipts", limit=2)] == ["3", "2"]
    assert [one.record.pk for one in ledger.learning.trials("receipts", "Company")] == ["2", "1"]


def test_choices_that_say_nothing_yet_take_no_place_from_those_that_do(ledger: Ledger):
    """Neither open ones, nor what was written and not looked at, nor uncertain ones."""
    uncertain = replace(CHOICE, probability=0.6)
    kept = [
        replace(a_trial("1"), verdict=Verdict.WRONG),
        a_trial("2"),
        replace(a_trial("3"), written=True),
        replace(a_trial("4"), verdict=Verdict.RIGHT),
        replace(a_trial("5"), written=True),
        replace(a_trial("6"), verdict=Verdict.RIGHT, choice=uncertain),
        replace(a_trial("7"), written=True),
        a_trial("8"),
    ]
    ledger.learning.keep_trials(kept)

    def found(evidence_at: float, limit: int | None = None) -> list[str]:
        latest = ledger.learning.trials("receipts", evidence_at=evidence_at, limit=limit)
        return [one.record.pk for one in latest]

    assert found(0.95) == ["4", "3", "1"]
    assert found(0.95, limit=2) == ["4", "3"]
    assert found(0) == ["6", "5", "4", "3", "1"]
    assert found(0.99) == []


def test_the_latest_choices_of_one_kind_are_not_those_of_another(ledger: Ledger):
    """A kind of evidence that is rare is found behind many of the others."""
    rare = replace(a_trial("1"), choice=replace(CHOICE, stratum=Stratum.KNOWN_ONLY))
    ledger.learning.keep_trials([rare, a_trial("2"), a_trial("3")])

    found = ledger.learning.trials("receipts", stratum=Stratum.KNOWN_ONLY, limit=1)

    assert [one.record.pk for one in found] == ["1"]


def test_all_judged_choices_are_counted_by_kind_and_since_the_last_write(ledger: Ledger):
    """Neither open nor uncertain ones count, nor those of another column or table."""
    right, wrong = (
        replace(a_trial("0"), verdict=one, typed="x") for one in (Verdict.RIGHT, Verdict.WRONG)
    )
    rare = replace(right, choice=replace(CHOICE, stratum=Stratum.READ_ONLY))
    kept = [
        right,
        replace(wrong, step=Step.WRITE),
        replace(rare, step=Step.SUGGEST),
        replace(a_trial("0"), step=Step.WRITE, written=True),
        right,
        wrong,
        right,
        replace(a_trial("0"), step=Step.WRITE),
        replace(right, choice=replace(CHOICE, probability=0.94)),
        replace(right, column="Total"),
    ]
    numbered = [
        replace(one, record=RecordRef("Receipts", str(pk))) for pk, one in enumerate(kept, 1)
    ]
    ledger.learning.keep_trials([*numbered, replace(right, record=RecordRef("Bills", "1"))])

    found = ledger.learning.trial_counts("receipts", "Company", container="Receipts", at_least=0.95)

    assert found == {
        Stratum.READ_AND_KNOWN: TrialCounts(3, 5, 2, 3),
        Stratum.READ_ONLY: TrialCounts(1, 1, 1, 1),
    }
    assert ledger.learning.trial_counts("other", "Company", container="Receipts", at_least=0) == {}


def test_a_step_replaces_the_one_before(ledger: Ledger):
    """One step for each kind of evidence, with who agreed."""
    rung = Rung("receipts", "Company", Stratum.READ_ONLY, Step.SUGGEST, "proved", ("text",), "ada")
    ledger.learning.save_rung(replace(rung, step=Step.SHADOW))
    ledger.learning.save_rung(rung)

    assert ledger.learning.rungs("receipts") == [rung]
    assert ledger.learning.rungs("other") == []

    ledger.learning.save_rung(replace(rung, engines=("new", "text")))

    assert ledger.learning.rungs("receipts") == [replace(rung, engines=("new", "text"))]


def test_forgetting_a_column_leaves_the_others(ledger: Ledger, clock: FakeClock):
    """Nothing is left of what is forgotten: model, the one before, choices and steps."""
    for column in ("Company", "Total"):
        ledger.learning.save_model(a_model(clock, "{}", column))
        ledger.learning.save_model(a_model(clock, '{"a":1}', column))
        ledger.learning.keep_trials([a_trial("1", column)])
        ledger.learning.save_rung(Rung("receipts", column, Stratum.READ_ONLY))

    assert ledger.learning.forget("receipts", "Company") == 1
    assert [model.column for model in ledger.learning.models("receipts")] == ["Total"]
    assert ledger.learning.trials("receipts", "Company") == []
    assert [rung.column for rung in ledger.learning.rungs("receipts")] == ["Total"]
    assert ledger.learning.undo_model("receipts", "Company") is None
    assert ledger.learning.forget("receipts") == 1
    assert ledger.learning.models("receipts") == []
