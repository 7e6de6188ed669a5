"""What `--json`, the HTTP API and the MCP server say of a name that UTF-8 cannot encode."""

import io
import json

import pytest

from flows.agents.calls import Answered
from flows.api.answers import ApiReply
from flows.cli.common import print_json
from tests.unit.agents.test_server import handlers

NAME = "scan \ud83d \u00e9 \U0001f600.pdf"


def test_half_a_surrogate_pair_is_escaped_in_json(monkeypatch: pytest.MonkeyPatch):
    """Whoever parses the JSON has the name as it is, and every other character is written plainly."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict")
    monkeypatch.setattr("flows.cli.common.results", lambda: stream)

    print_json({"name": NAME})

    for body in (stream.buffer.getvalue(), ApiReply(200, {"name": NAME}).response().body):  # type: ignore[attr-defined]
        assert json.loads(body) == {"name": NAME}
        assert "\u00e9 \U0001f600".encode() in body


def test_an_agent_gets_a_replacement_for_half_a_surrogate_pair():
    """The library encodes the answer strictly."""
    result = handlers("one")._result(Answered({"name": NAME}))

    assert result.structured_content == {"name": NAME.replace("\ud83d", "\ufffd")}
    assert result.model_dump_json()
