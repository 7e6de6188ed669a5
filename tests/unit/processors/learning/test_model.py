"""Models as they are stored."""

import pytest

from processors.learning import BadModel, ColumnKind, ColumnModel, TrainedOn

MODEL = ColumnModel(
    ColumnKind.TEXT,
    "company",
    "",
    TrainedOn(3, "ab", "2026-01-01"),
    {"memory": {"acme": {"Acme": 2}}},
)


def test_a_stored_model_is_the_same_again() -> None:
    """Loading what was stored gives an equal model with the same digest."""
    loaded = ColumnModel.from_json(MODEL.to_json())

    assert loaded == MODEL
    assert loaded.digest == MODEL.digest


@pytest.mark.parametrize(
    "damaged",
    [
        MODEL.to_json().replace("Acme", "Evil"),
        MODEL.to_json().replace('"format":5', '"format":4'),
        "{}",
        "[]",
        "",
        "null",
    ],
)
def test_a_damaged_model_is_refused(damaged: str) -> None:
    """What was changed, or is no model, is never used."""
    with pytest.raises(BadModel):
        ColumnModel.from_json(damaged)
