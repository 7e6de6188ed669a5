"""When learned values may be suggested and written, and when no longer."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.decide.ladder import (
    LAST,
    NEW_ENGINE,
    Proof,
    counting,
    demotion,
    promotion,
    standing,
    with_new_engines,
)
from pipeline.model import RecordRef
from pipeline.model.learning import (
    LearnedChoice,
    LearnedColumn,
    LearnedModel,
    Rung,
    Stratum,
    Trial,
    Verdict,
)
from pipeline.model.limits import Step
from processors.learning import clopper_pearson_lower, needed

PROOF = Proof(0.98, 0.95, clopper_pearson_lower, needed)
RUNG = Rung("receipts", "Company", Stratum.READ_AND_KNOWN)
CHOICE = LearnedChoice("Northwind", 0.97, Stratum.READ_AND_KNOWN, "read on line 3")


def trials(right: int, wrong: int = 0, engine: str = "text") -> list[Trial]:
    """Return judged trials, the wrong ones first: they are the latest."""
    verdicts = [Verdict.WRONG] * wrong + [Verdict.RIGHT] * right
    return [
        Trial(
            "receipts",
            RecordRef("Receipts", str(number)),
            "Company",
            "m1",
            CHOICE,
            Step.SHADOW,
            engines=(engine,),
            verdict=verdict,
        )
        for number, verdict in enumerate(verdicts)
    ]


def test_the_standing_is_a_sentence():
    """It says how many were right, what that proves, and how many more are needed."""
    assert str(standing(RUNG, trials(182, 1), PROOF)) == (
        "182 of 183 as people typed; at least 97.4 %; 53 more confirmed records are needed"
    )
    assert str(standing(RUNG, [], PROOF)).startswith("not compared with what people typed yet; 149")
    assert str(standing(RUNG, trials(149), PROOF)).endswith("at least 98 %; it is proved")


def test_a_promise_that_no_records_prove_is_not_blamed_on_wrong_choices():
    """Who asks for too much reads so; where choices were wrong, they are named."""
    strict = replace(PROOF, precision=0.99999)
    too_much = "the promise takes more records than can be counted"

    assert str(standing(RUNG, [], strict)).endswith(
        f"not compared with what people typed yet; {too_much}"
    )
    assert str(standing(RUNG, trials(9), strict)).endswith(too_much)
    assert str(standing(RUNG, trials(9, 1), strict)).endswith("too many were wrong for the promise")


def test_a_step_is_one_step_and_proved():
    """148 right choices do not prove 98 %, 149 do: then it goes up by one step, never by two."""
    assert promotion(RUNG, trials(148), PROOF, highest=Step.WRITE) is None

    above = promotion(RUNG, trials(149), PROOF, highest=Step.WRITE)

    assert above is not None
    assert (above.step, above.engines) == (Step.SUGGEST, ("text",))


def test_to_write_takes_a_proof_at_every_look():
    """187 right choices prove 98 % even to those who look after each of them, 186 do not."""
    suggested = replace(RUNG, step=Step.SUGGEST)

    assert promotion(suggested, trials(186), PROOF, highest=Step.WRITE) is None
    assert str(standing(suggested, trials(178), PROOF)) == (
        "178 of 178 as people typed; at least 98.3 %; 9 more confirmed records are needed"
    )

    above = promotion(suggested, trials(187), PROOF, highest=Step.WRITE)

    assert above is not None
    assert above.step is Step.WRITE
    assert promotion(above, trials(187), PROOF, highest=Step.WRITE) is None


def test_what_fell_from_being_written_is_proved_again_from_the_beginning():
    """What was chosen before the fall says nothing about what it is worth since."""
    again = replace(RUNG, step=Step.SUGGEST)
    before = [replace(one, step=Step.WRITE) for one in trials(5000)]

    assert promotion(again, trials(186) + before, PROOF, highest=Step.WRITE) is None
    assert promotion(again, trials(187) + before, PROOF, highest=Step.WRITE) is not None


def test_late_corrections_end_writing():
    """Wrong values far below the last 200 count as well, as long as they were written at this step.

    Of 500 that were written four may be wrong and not ten; what was written before an earlier fall
    says nothing.
    """
    rung = replace(RUNG, step=Step.WRITE, engines=("text",))

    def written(right: int, wrong: int) -> list[Trial]:
        return [
            replace(one, step=Step.WRITE, written=True)
            for one in (*trials(right), *trials(0, wrong), *trials(240))
        ]

    assert demotion(rung, written(256, 4), PROOF) is None
    lower = demotion(rung, written(250, 10), PROOF)
    assert lower is not None
    assert lower.step is Step.SUGGEST
    assert lower.reason == (
        "of the 500 values written at this step 490 were right: at least 96.6 %, "
        "which is below 98 %"
    )
    assert demotion(rung, [*written(260, 0), *trials(187), *written(250, 10)], PROOF) is None
    some_shadow = [*written(250, 0), *trials(100), *written(0, 10)]
    assert demotion(rung, some_shadow, PROOF) is not None


def test_chance_alone_seldom_lets_a_column_write():
    """Looks after every record suggest a bad column by chance, and seldom write it.

    The column is right in exactly 98 %, so that nothing should be promised. Its chance to reach
    the proof within 1,000 records is summed exactly: 17 % at one look, 3 % at every look.
    """
    once, lasting = reached_by_chance(1000), reached_by_chance(1000, at_every_look=True)

    assert once == pytest.approx(0.169, abs=0.001)
    assert lasting == pytest.approx(0.034, abs=0.001)


def reached_by_chance(looks: int, *, at_every_look: bool = False) -> float:
    """Return the chance that a column that is right in 98 % is proved at one of the looks."""
    share, reached = PROOF.precision, 0.0
    # So many records in all prove it where so many of them were wrong.
    enough = [
        wrong + (needed(0, wrong, share, at_every_look=at_every_look) or looks)
        for wrong in range(20)
    ]
    by_wrong = {0: 1.0}
    for asked in range(1, looks + 1):
        after = dict.fromkeys(range(len(enough)), 0.0)
        for wrong, chance in by_wrong.items():
            after[wrong] += chance * share
            # With twenty wrong ones a thousand records do not prove it any more.
            if wrong + 1 in after:
                after[wrong + 1] += chance * (1 - share)
        reached += sum(after.pop(wrong) for wrong in list(after) if asked >= enough[wrong])
        by_wrong = after
    return reached


@pytest.mark.parametrize("highest", [Step.OFF, Step.SHADOW])
def test_nothing_goes_beyond_the_settings(highest: Step):
    """A column that is only to be counted stays so, however well it does."""
    assert promotion(RUNG, trials(500), PROOF, highest=highest) is None


def test_open_and_uncertain_choices_prove_nothing():
    """Only a user's value is a verdict, and only what would be written is asked."""
    still_open = [replace(trial, verdict=Verdict.OPEN) for trial in trials(300)]
    uncertain = [replace(trial, choice=replace(CHOICE, probability=0.9)) for trial in trials(300)]
    written = [replace(trial, written=True) for trial in still_open]

    for kind in (still_open, uncertain, written):
        assert counting(kind, PROOF) == []
        assert promotion(RUNG, kind, PROOF, highest=Step.WRITE) is None


def test_three_wrong_of_fifty_end_all_use():
    """It goes back to being counted at once, from any step."""
    at_write = replace(RUNG, step=Step.WRITE)

    fallen = demotion(at_write, trials(400, wrong=3), PROOF)

    assert fallen is not None
    assert (fallen.step, fallen.reason) == (Step.SHADOW, "3 of the last 50 were wrong")


def test_the_last_two_hundred_must_keep_the_promise():
    """One wrong choice of 200 proves 97.6 % only: what was written is suggested again."""
    at_write = replace(RUNG, step=Step.WRITE)

    fallen = demotion(at_write, trials(LAST, wrong=1), PROOF)

    assert fallen is not None
    assert fallen.step is Step.SUGGEST
    assert "at least 97.6 %, which is below 98 %" in fallen.reason
    assert demotion(at_write, trials(LAST), PROOF) is None
    assert demotion(RUNG, trials(LAST, wrong=1), PROOF) is None


def test_what_fails_now_is_not_promoted_for_its_past():
    """All trials together would prove it; the latest do not."""
    mixed = trials(1000, wrong=1)

    assert str(standing(RUNG, mixed, PROOF)) == (
        "1000 of 1001 as people typed; at least 99.5 %; it is proved, but of the last 200 choices "
        "199 were right: at least 97.6 %, which is below 98 %"
    )
    assert promotion(RUNG, mixed, PROOF, highest=Step.WRITE) is None


def test_a_new_engine_proves_itself_first():
    """Its pages count like the others' once 50 of them were judged."""
    at_write = replace(RUNG, step=Step.WRITE, engines=("text",))

    assert with_new_engines(at_write, trials(NEW_ENGINE - 1, engine="new"), PROOF) is None
    assert with_new_engines(at_write, trials(NEW_ENGINE, wrong=3, engine="new"), PROOF) is None
    grown = with_new_engines(at_write, trials(NEW_ENGINE, engine="new"), PROOF)
    assert grown is not None
    assert grown.engines == ("new", "text")


def test_many_values_written_since_a_look_do_not_hide_the_wrong_ones():
    """What is written after the latest verdict fills no window: nobody has looked at it yet."""
    at_write = replace(RUNG, step=Step.WRITE)
    unseen = [replace(one, verdict=Verdict.OPEN, written=True) for one in trials(250)]

    fallen = demotion(at_write, unseen + trials(200, wrong=3), PROOF)

    assert fallen is not None
    assert fallen.reason == "3 of the last 50 were wrong"
    assert demotion(at_write, unseen + trials(200), PROOF) is None


def test_a_promise_above_what_200_choices_prove_can_be_kept():
    """99 % needs 299 right choices: so many are looked at, and one wrong one breaks it."""
    strict = replace(PROOF, precision=0.99)

    above = promotion(RUNG, trials(299), strict, highest=Step.WRITE)

    assert above is not None
    assert demotion(above, trials(400), strict) is None
    assert demotion(above, trials(298, wrong=1), strict) is not None


def test_an_engine_with_one_judged_page_is_not_promoted_with_the_others():
    """Each engine needs 50 judged pages of its own, and few wrong ones among the latest."""
    mixed = trials(1, engine="new") + trials(200)

    above = promotion(RUNG, mixed, PROOF, highest=Step.WRITE)

    assert above is not None
    assert above.engines == ("text",)
    scattered = [replace(one, engines=(f"engine {n}",)) for n, one in enumerate(trials(200))]
    assert promotion(RUNG, scattered, PROOF, highest=Step.WRITE) is None


def test_a_page_of_which_no_engine_is_known_is_counted_only():
    """It may have been read by any engine, so nothing that was proved holds for it."""
    model = LearnedModel("receipts", "Company", "{}", "", datetime(2026, 1, 1, tzinfo=UTC), 9, "")
    kind = RUNG.stratum
    column = LearnedColumn(model, {kind: replace(RUNG, step=Step.WRITE, engines=("text",))})

    assert column.step(kind, ("text",)) is Step.WRITE
    assert column.step(kind, ()) is Step.SHADOW
