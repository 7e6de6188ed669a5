"""The table that people have filled: what the demo learns from."""

import json
from pathlib import Path

from infra.samples.purchases import FILLED, NEW, PURCHASES, WRONG_PK, add_purchases, purchases


def test_the_table_is_filled_but_for_the_newest_and_has_one_wrong_value(tmp_path: Path):
    """Every record has its receipt; one total of the filled ones is not what the receipt says."""
    (tmp_path / "account.json").write_text('{"tables": {"Others": {}}}')

    add_purchases(tmp_path)

    tables = json.loads((tmp_path / "account.json").read_text())["tables"]
    records = tables[PURCHASES]["records"]
    assert set(tables) == {"Others", PURCHASES}
    assert all(
        (tmp_path / record["Receipt"]).read_bytes().startswith(b"%PDF") for record in records
    )
    truth = {purchase.pk: dict(purchase.typed) for purchase in purchases()}
    differing = {
        record["PK_ID"]
        for record in records
        if {name: record[name] for name in truth[record["PK_ID"]]} != truth[record["PK_ID"]]
    }
    assert differing == {WRONG_PK, *range(FILLED + 1, FILLED + NEW + 1)}


def test_a_sender_always_has_the_same_cost_center():
    """Otherwise nobody could know it from the sender; and every new receipt is of a known sender."""
    centers: dict[str, set[str]] = {}
    for purchase in purchases():
        centers.setdefault(purchase.sender.company, set()).add(purchase.sender.cost_center)

    assert {len(found) for found in centers.values()} == {1}
    assert len(centers) > 3
    known = {one.sender.company for one in purchases() if one.pk <= FILLED}
    assert {one.sender.company for one in purchases()} == known
