"""Ask for a run of `learn` when a source has grown. Nothing here imports Prefect."""

from math import floor, log

import structlog

from flows.app.run_request import RunRequest
from flows.prefect.deployments.priorities import KINDS, deployment_name, settings_name
from flows.prefect.server import UNEXPECTED, Server
from pipeline.learning.columns import learnable
from pipeline.metering.summary import Summary
from pipeline.model import SourceSpec
from pipeline.settings import Settings

GROWTH = 1.1
"""A source is learned again when it has a tenth more documents; the nights do the rest."""

FEWEST = 25
"""Documents before which learning is left to the nights: rules choose as well from so few."""

_log = structlog.get_logger()


def learn_if_grown(
    server: Server, settings: Settings, spec: SourceSpec, request: RunRequest, summary: Summary
) -> bool:
    """Create a run of `learn` for a source that has grown since one was created; say whether.

    Only a run over the whole source knows how large it is. What fails here is only logged, because
    the next run looks again, and the schedule of `learn` asks anyway.
    """
    grown = request.whole and not request.dry_run and summary.processed >= FEWEST
    if not (grown and settings.learn.enabled and learnable(spec)):
        return False
    # One run for each tenth, on whatever host it is noticed: the server keeps the key.
    stage = floor(log(summary.processed, GROWTH))
    name = deployment_name("learn", settings)
    try:
        found = server.ask("GET", f"/deployments/name/{KINDS['learn'].flow}/{name}")
        server.ask(
            "POST",
            f"/deployments/{found['id']}/create_flow_run",
            {
                "parameters": {**found.get("parameters", {}), "sources": [spec.name]},
                "idempotency_key": f"learn {settings_name(settings)} {spec.name} {stage}",
            },
        )
    except UNEXPECTED as error:
        _log.info("no run of learn was asked for", source=spec.name, reason=str(error))
        return False
    return True
