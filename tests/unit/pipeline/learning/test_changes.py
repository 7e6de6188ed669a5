"""What becomes of what was learned when users, settings or tables change meanwhile."""

from dataclasses import replace
from itertools import chain

from pipeline.learning.teach import teach
from pipeline.model import Effect, EffectKind, RecordRef
from pipeline.model.limits import Step
from pipeline.model.review import ReviewState
from pipeline.steps.write_back import ReviewChoice, decide_on_page, table_context
from tests.fakes.learner import FakeLearner
from tests.unit.pipeline.learning.shop import SPEC, fill, learn, raise_to
from tests.unit.pipeline.world import World

OTHER = replace(SPEC, table="Other")


def doubt_states(shop: World, pk: str = "6") -> list[ReviewState]:
    """Return the states of a record's suggestions."""
    return [item.state for item in shop.ledger.effects.review_items("receipts", ("Receipts", pk))]


def test_a_renamed_column_teaches_nothing_that_we_wrote(shop: World):
    """Our values keep their place under the new name; none of them is a user's."""
    shop.reader.confidence = 0.99
    for number in range(5):
        shop.receipt(str(number), "company=Acme")
    shop.run(SPEC)
    row = shop.caspio.tables["Receipts"]
    shop.caspio.table(
        "Receipts", Firm="STRING", Center="STRING", Pages="INTEGER", Scan="ATTACHMENT"
    )
    for number in range(5):
        values = {name: value for name, value in row[str(number)].items() if name != "Company"}
        shop.caspio.row("Receipts", str(number), **{**values, "Firm": "Acme"})
    renamed = replace(SPEC, columns={"Firm": "company", "Center": "learned"})

    assert learn(shop, renamed).records == 0
    shop.caspio.tables["Receipts"]["0"]["Firm"] = "Bolt"
    assert learn(shop, renamed).records == 1


def test_what_we_wrote_through_a_view_teaches_nothing_in_its_table(shop: World):
    """Both show the same records: the source's name follows them, and so does who wrote what."""
    shop.reader.confidence = 0.99
    for number in range(5):
        shop.receipt(str(number), "company=Acme")
    shop.run(SPEC)
    shop.caspio.table(
        "Other", Company="STRING", Center="STRING", Pages="INTEGER", Scan="ATTACHMENT"
    )
    shop.caspio.tables["Other"] = shop.caspio.tables["Receipts"]
    files = shop.caspio.attachments
    files.update(
        {("Other", "Scan", str(pk)): files["Receipts", "Scan", str(pk)] for pk in range(5)}
    )

    assert learn(shop, OTHER).records == 0
    shop.caspio.tables["Other"]["0"]["Company"] = "Bolt"
    assert learn(shop, OTHER).records == 1


def test_what_another_source_wrote_through_a_view_is_ours_in_the_table(shop: World):
    """Both sources show the same record and file; the table's learns nothing from our own value."""
    fill(shop, 1, 5)
    pages = shop.source_run(SPEC).ports.source.pages(SPEC)
    values = {"Company": "Acme"}
    for work in chain.from_iterable(pages):
        pk = work.files[0].pk
        assert pk is not None
        view = RecordRef("Newest", pk, is_view=True)
        shown = replace(work.files[0], source="newest", container="Newest", record=view)
        written = Effect(EffectKind.UPDATE_COLUMNS, "v1", "Newest", pk, {"Company": ""}, values)
        shop.ledger.files.seen([shown], "before")
        shop.ledger.effects.intend(written, "before")

    assert learn(shop).learned == {"Center": 5}


def test_another_table_starts_over(shop: World):
    """Neither model nor step follows the source's name; the next `learn` forgets both."""
    raise_to(shop, Step.WRITE)
    shop.caspio.table(
        "Other", Company="STRING", Center="STRING", Pages="INTEGER", Scan="ATTACHMENT"
    )

    assert shop.source_run(SPEC).learned.keys() == {"Company", "Center"}
    assert shop.source_run(OTHER).learned == {}
    learn(shop, OTHER)
    assert shop.ledger.learning.models("receipts") == []
    assert shop.ledger.learning.rungs("receipts") == []


def test_another_finding_or_type_is_learned_again(shop: World):
    """The records are the same, but not what is learned from them."""
    fill(shop, 1, 5)
    learn(shop)
    remapped = replace(SPEC, columns={**SPEC.columns, "Company": "learned"})

    assert learn(shop, remapped).learned == {"Company": 5}
    rows = dict(shop.caspio.tables["Receipts"])
    shop.caspio.table(
        "Receipts", Company="TEXT", Center="STRING", Pages="INTEGER", Scan="ATTACHMENT"
    )
    shop.caspio.tables["Receipts"].update(rows)
    assert learn(shop, remapped).learned == {"Company": 5}


def test_another_form_of_models_is_learned_again(shop: World):
    """A model that this version of the program cannot use is not kept as unchanged."""
    fill(shop, 1, 5)
    learn(shop)
    shop.learner = FakeLearner()
    shop.learner.format = "2"

    assert shop.source_run(SPEC).learned == {}
    assert learn(shop).learned == {"Company": 5, "Center": 5}


def test_an_undone_model_is_not_made_again(shop: World):
    """The same records would give the same model; other records give another."""
    fill(shop, 1, 5)
    learn(shop)
    first = shop.ledger.learning.model("receipts", "Company")
    fill(shop, 6, 7)
    learn(shop)
    assert shop.ledger.learning.undo_model("receipts", "Company") == first

    assert "Company" in learn(shop).unchanged
    assert shop.ledger.learning.model("receipts", "Company") == first
    fill(shop, 8, 8)
    assert learn(shop).learned == {"Company": 8, "Center": 8}


def test_doubts_about_what_is_learned_no_more_are_withdrawn(shop: World):
    """A column that is switched off has no doubts; one that has not changed keeps its own."""
    fill(shop, 1, 5)
    fill(shop, 6, 6, Company="Acne")
    learn(shop)
    learn(shop)
    assert doubt_states(shop) == [ReviewState.OPEN]

    learn(shop, replace(SPEC, learn_columns={"Company": Step.OFF}))

    assert doubt_states(shop) == [ReviewState.WITHDRAWN]


def decide_while_learning(shop: World, choice: ReviewChoice, value: str = "") -> None:
    """Decide on the doubt about record 6 while a new record is read."""
    fill(shop, 7, 8)
    shop.clock.advance(3600)
    folder = shop.folder / "decided"
    folder.mkdir()
    waiting = list(shop.ledger.effects.review_items("receipts", ("Receipts", "6")))

    def decide() -> bool:
        if waiting:
            context = table_context(shop.source_run(SPEC), shop.folder)
            decide_on_page(waiting.pop(), choice, value, context, now=shop.clock.now())
        return True

    teach(shop.source_run(SPEC), precision=0.9, auto=False, may_read=decide, folder=folder)
    assert not waiting


def doubted(shop: World) -> None:
    """Add a doubt about record 6."""
    fill(shop, 1, 5)
    fill(shop, 6, 6, Company="Acne")
    learn(shop)


def test_a_doubt_decided_meanwhile_stays_decided(shop: World):
    """The list of records is older than the decision, and says nothing against it."""
    doubted(shop)

    decide_while_learning(shop, ReviewChoice.CORRECT, "Acme Ltd")

    (item,) = shop.ledger.effects.review_items("receipts", ("Receipts", "6"))
    assert shop.record("6")["Company"] == "Acme Ltd"
    assert item.state is ReviewState.ACCEPTED
    assert item.suggestion.current == "Acne"
