"""Every deployment has a priority, and every flow a deployment."""

import importlib
from pathlib import Path

import pytest

from flows.app.run_request import RunRequest
from flows.prefect.deployments.ownership import owner_of
from flows.prefect.deployments.priorities import KINDS, deployment_name, settings_name
from pipeline.metering.budget import Priority
from pipeline.settings import load_settings
from pipeline.source_run.selection import Selection

SETTINGS = '[caspio]\nurl = "https://a.caspio.com"\n[[sources]]\nname = "papers"\ntable = "T"\nschedule = "5 * * * *"\n'


def test_every_priority_has_a_queue_of_its_own():
    """There is a kind of deployment for each priority, and its queue is named as the priority."""
    assert {kind.queue for kind in KINDS.values()} == {priority.value for priority in Priority}


def test_an_order_spends_with_the_priority_of_its_deployment():
    """Named records go before everything, reading again after it; new work depends on how far the source has come."""
    assert RunRequest(records=("1",)).priority is KINDS["ingest-record"].priority
    assert RunRequest(selection=Selection()).priority is KINDS["reprocess"].priority
    assert RunRequest().priority is None


@pytest.mark.parametrize(
    ("url", "serve", "name"),
    [
        ("https://abc12345.caspio.com", "", "abc12345"),
        ("http://127.0.0.1:8250", "", "127-0-0-1-8250"),
        ("https://abc12345.caspio.com", '[serve]\nname = "sales"', "sales"),
    ],
)
def test_settings_have_a_name_at_the_server(tmp_path: Path, url: str, serve: str, name: str):
    """It is the account's, unless they say another; it is in every deployment's name, behind an @."""
    path = tmp_path / "caspio-ingest.toml"
    path.write_text(SETTINGS.replace("https://a.caspio.com", url) + serve, encoding="utf-8")

    settings = load_settings(path, credentials=False)

    assert settings_name(settings) == name
    assert deployment_name("verify", settings) == f"verify@{name}"
    assert deployment_name("ingest", settings, "papers") == f"ingest-papers@{name}"


def test_serve_has_a_deployment_for_each_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """All but those that need queues are served, named and tagged by kind and priority; named records wait in turn."""
    monkeypatch.setenv("CASPIO_CLIENT_ID", "id")
    monkeypatch.setenv("CASPIO_CLIENT_SECRET", "secret")
    path = tmp_path / "caspio-ingest.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    from flows.prefect.deployments.serve import deployments

    settings = load_settings(path)
    made = {
        one.name: one for one in deployments(settings, owner_of(settings, path, has_ledger=False))
    }

    expected = {
        f"{kind}-papers@a" if kind_of.per_source else f"{kind}@a": f"priority:{kind_of.priority}"
        for kind, kind_of in KINDS.items()
        if not kind_of.in_pools_only
    }
    assert {
        name: next(tag for tag in one.tags if tag.startswith("priority:"))
        for name, one in made.items()
    } == expected
    assert all("heartbeats" in one.tags for one in made.values())
    form = made["reprocess-papers@a"]._parameter_openapi_schema.properties
    assert {"", "invoice", "other"} <= set(form["as_class"]["enum"])
    limits = {name: one.concurrency_options for name, one in made.items()}
    assert {limit.collision_strategy for limit in limits.values() if limit} == {"ENQUEUE"}
    assert [name for name, limit in limits.items() if limit is None] == ["plan-and-apply@a"]


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_flow_of_a_kind_exists(kind: str):
    """What a kind names is a flow, which takes a source where there is a deployment for each."""
    names = (
        "ingest",
        "ingest_record",
        "reprocess",
        "acknowledge",
        "apply_plan",
        "undo",
        "verify",
        "plan_and_apply",
        "learn",
    )
    modules = [importlib.import_module(f"flows.prefect.{name}") for name in names]
    found = (flow for module in modules for flow in vars(module).values())
    flows = {flow.name: flow for flow in found if hasattr(flow, "fn")}

    assert ("source" in flows[KINDS[kind].flow].parameters.properties) == KINDS[kind].per_source
