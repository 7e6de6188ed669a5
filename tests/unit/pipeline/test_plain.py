"""Values as plain data."""

import json
from dataclasses import asdict
from types import MappingProxyType

from pipeline.model import Finding
from pipeline.model.plain import as_plain
from pipeline.model.reading import Candidate, Findings, PageText, ReadStatus


def test_plain_data_is_the_json_of_a_copy():
    """What is stored is the same JSON as from `dataclasses.asdict`, nested values included."""
    finding = Finding("12.50", 0.9, "total", others=(Candidate("13.00", 0.2, "another"),))
    findings = Findings(
        "text/plain",
        ReadStatus.OK,
        finding,
        fields={"total": finding},
        pages=(PageText(1, "text", None, None, "12.50"),),
        metadata={"author": "A"},
    )

    assert json.dumps(as_plain(findings)) == json.dumps(asdict(findings))


def test_a_mapping_that_cannot_be_changed_is_a_dictionary():
    """JSON knows dictionaries only."""
    plain = as_plain({"outer": MappingProxyType({"inner": (1, 2)})})

    assert json.dumps(plain) == '{"outer": {"inner": [1, 2]}}'
