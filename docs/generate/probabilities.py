"""Write the figures of the probabilities, which are kept beside their weights."""

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from docs.generate.settings import row, stacked

_FEWEST_WRONG = 10
"""Wrong values below which an AUROC says nothing."""


def _fitted() -> Mapping[str, Any]:
    file = resources.files("processors.confidence").joinpath("weights.json")
    fitted: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return fitted


def fitted_on() -> str:
    """Write which documents the weights were fitted on."""
    fitted = _fitted()
    rows = [
        f"Fitted on {fitted['fitted_on']}:",
        "",
        "| documents | count | issuers |",
        "|---|---|---|",
    ]
    rows += [
        row(name, str(each["documents"]), str(each["issuers"]))
        for name, each in fitted["data"].items()
    ]
    return stacked(rows)


def figures(issuers: str) -> str:
    """Write the figures for `unknown` or `known` issuers."""
    heads = ("documents", "value", "known", "right", "written at 0.95", "of these right")
    heads += ("of the right written", "AUROC", "ECE")
    rows = [row(*heads), "|---" * len(heads) + "|"]
    for each in _fitted()["figures"][f"{issuers} issuers"]:
        # Worn copies are there to learn from; nobody sends them on purpose.
        if each["documents"] == "worn":
            continue
        written, right = each["written"], each["right"]
        wrong = each["found"] - right
        rows.append(
            row(
                each["documents"].replace("_", " "),
                f"`{each['value']}`",
                str(each["asked"]),
                f"{right / each['asked']:.2f}",
                str(written),
                f"{each['written_right'] / written:.3f}" if written else "",
                f"{each['written_right'] / right:.2f}" if right else "",
                f"{each['auroc']:.2f}" if each["auroc"] and wrong >= _FEWEST_WRONG else "",
                f"{each['ece']:.3f}",
            )
        )
    return stacked(rows)
