"""A paused source is left out, except where a user names it."""

from flows.app.sources import named_sources
from flows.prefect.deployments.ownership import DeploymentOwner
from flows.prefect.deployments.serve import DeploymentFactory, source_deployments
from flows.webhooks.dispatch import Dispatcher
from pipeline.model.messages import Message, ReportedRecord
from pipeline.settings import Settings
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import MemoryLedger


def settings(*, paused: bool) -> Settings:
    """Settings with two sources, of which the second may be paused."""
    sources = [
        {"name": "one", "table": "One"},
        {"name": "two", "table": "Two", "paused": paused},
    ]
    return Settings(  # type: ignore[call-arg]  # secrets by the names of their variables
        caspio={"url": "https://a.caspio.com"},
        sources=sources,
        CASPIO_CLIENT_ID="x",
        CASPIO_CLIENT_SECRET="x",
    )


def test_only_who_names_a_paused_source_runs_it():
    """A run over everything leaves it out; a user who names it has a reason."""
    kept = settings(paused=True)

    assert [spec.name for spec in named_sources(kept, [])] == ["one"]
    assert [spec.name for spec in named_sources(kept, ["two"])] == ["two"]
    assert [spec.name for spec in named_sources(settings(paused=False), [])] == ["one", "two"]


def test_the_schedule_of_a_paused_source_rests():
    """Its deployment is there, to be run by hand; no run of it is scheduled."""
    owner = DeploymentOwner("x", "x.toml", frozenset({"one", "two"}), "here")
    factory = DeploymentFactory(settings(paused=True), owner, None)
    resting = [
        deployment.paused
        for spec in factory.settings.specs().values()
        for deployment in source_deployments(spec, factory)
        if deployment.schedules
    ]

    assert resting == [False, True]


def test_messages_of_a_paused_source_are_settled():
    """They start no run and do not wait: the next run finds what has changed anyway."""
    ledger, started = MemoryLedger(FakeClock()), []
    row = ReportedRecord("7", {})
    ledger.messages.save(
        [Message("a.caspio.com", "m1", "two", "Two", "table.recordUpdate", (row,))]
    )

    Dispatcher(lambda: settings(paused=True), ledger, lambda *one: started.append(one)).turn()

    (message,) = ledger.messages.latest("a.caspio.com")
    assert started == []
    assert message.note.startswith("the source is paused")
