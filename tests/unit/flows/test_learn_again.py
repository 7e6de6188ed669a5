from dataclasses import dataclass, field
from typing import Any

import pytest

from flows.app.run_request import RunRequest
from flows.prefect.requests.learn_again import FEWEST, learn_if_grown
from pipeline.errors import BadSettings
from pipeline.metering.summary import Summary
from pipeline.model import Status
from pipeline.settings import Settings


def receipts(*, learns: bool = True) -> Settings:
    """Settings with one source that has one column to learn."""
    return Settings(  # type: ignore[call-arg]  # secrets by the names of their variables
        caspio={"url": "https://a.caspio.com"},
        sources=[{"name": "receipts", "table": "Receipts", "columns": {"Company": "company"}}],
        learn={"enabled": learns},
        CASPIO_CLIENT_ID="x",
        CASPIO_CLIENT_SECRET="x",
    )


@dataclass
class Server:
    """A server that has the deployment of `learn`, and keeps one run for each key."""

    down: bool = False
    runs: dict[str, Any] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Answer a call."""
        if self.down:
            raise BadSettings(["it answers 404"])
        if method == "GET":
            assert path == "/deployments/name/learn/learn@a"
            return {"id": "of learn", "parameters": {"config": "a.toml"}}
        return self.runs.setdefault(body["idempotency_key"], body["parameters"])


def end_of_run(
    server: Server,
    documents: int,
    *,
    settings: Settings | None = None,
    request: RunRequest | None = None,
) -> bool:
    """End a run that has looked at so many documents."""
    summary = Summary("run")
    summary.documents[Status.UNCHANGED] = documents
    settings = settings or receipts()
    spec = settings.specs()["receipts"]
    return learn_if_grown(server, settings, spec, request or RunRequest(), summary)  # type: ignore[arg-type]  # answers like one


def test_a_tenth_more_documents_ask_for_one_run():
    """The runs in between find the source as large as it was, and ask for none."""
    server = Server()

    for documents in [100, 100, 101, 130, 131]:
        end_of_run(server, documents)

    assert list(server.runs.values()) == [{"config": "a.toml", "sources": ["receipts"]}] * 2


@pytest.mark.slow
def test_no_growth_of_a_tenth_is_missed():
    """However small the steps are in which a source grows."""
    server = Server()

    for documents in range(FEWEST, 26 * FEWEST):
        end_of_run(server, documents)

    assert 30 <= len(server.runs) <= 36  # 1.1 to the 34th is 26


@pytest.mark.parametrize(
    ("documents", "request_", "settings"),
    [
        (FEWEST - 1, RunRequest(), receipts()),
        (100, RunRequest(limit=100), receipts()),
        (100, RunRequest(dry_run=True), receipts()),
        (100, RunRequest(), receipts(learns=False)),
    ],
    ids=["few", "a part", "a plan", "switched off"],
)
def test_no_run_is_asked_for(documents: int, request_: RunRequest, settings: Settings):
    """Of few documents, after a run that did not see all, or where nothing is learned."""
    server = Server()

    assert not end_of_run(server, documents, request=request_, settings=settings)
    assert not server.runs


def test_a_server_without_the_deployment_fails_no_run():
    """The schedule learns, or nothing does: the documents were worked on either way."""
    assert not end_of_run(Server(down=True), 100)
