"""Take a configured pipeline from beginning to end, and print what it took: a process of its own, so that its time is."""

import json
import os
import sys
from pathlib import Path


def main(config: Path) -> None:
    """Run the sources once and print CPU seconds of this process and of its reading children, and what was done."""
    from flows.app.direct import work_sources
    from flows.app.run_request import RunRequest
    from flows.app.wiring import connect
    from pipeline.metering.metrics import STAGE
    from pipeline.settings import load_settings

    with connect(load_settings(config)) as context:
        document = dict(work_sources(context, sources=(), request=RunRequest(yes=True)).document)
    took = os.times()
    with connect(load_settings(config)) as context:
        counters = context.ports.ledger.usage.metrics().counters
    stages: dict[str, float] = {}
    for (name, label), counted in counters.items():
        if name == STAGE:
            stages[label.split()[0]] = stages.get(label.split()[0], 0.0) + counted.amount
    own = {
        "own_s": took.user + took.system,
        "children_s": took.children_user + took.children_system,
    }
    print(json.dumps({"report": document, "stages": stages, **own}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
