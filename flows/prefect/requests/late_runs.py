"""Runs that are due and that no worker takes. Prefect is not imported."""

from dataclasses import dataclass
from datetime import datetime

from flows.prefect.names import TAG
from flows.prefect.server import Server
from pipeline.wording import counted


@dataclass(frozen=True, slots=True)
class LateRuns:
    """How many runs wait, since when the first one does, and what to do."""

    count: int
    since: datetime
    remedy: str

    @property
    def text(self) -> str:
        """Say what waits, without what to do."""
        waits = counted(self.count, "due run", "waits/wait")
        return f"{waits} since {self.since:%Y-%m-%d %H:%M} UTC; no worker takes them."


def late_runs(server: Server, settings: str) -> LateRuns | None:
    """Return the late runs of the settings of this name, None if there are none.

    The server calls a run late if no worker has taken it some seconds after it was due. A run that
    waits for another one of its deployment is not late.
    """
    conditions = {
        "tags": {"all_": [TAG, f"settings:{settings}"]},
        "state": {"name": {"any_": ["Late"]}},
    }
    query = {"flow_runs": conditions, "sort": "EXPECTED_START_TIME_ASC"}
    count = int(server.ask("POST", "/flow_runs/count", {"flow_runs": conditions}))
    first = server.ask("POST", "/flow_runs/filter", {**query, "limit": 1})
    if not first:
        return None
    pool = first[0].get("work_pool_name")
    start = f"caspio-ingest worker --pool {pool}" if pool else "caspio-ingest serve"
    since = datetime.fromisoformat(first[0]["expected_start_time"])
    remedy = f"Start `{start}`; if it runs, look at `caspio-ingest doctor` and its log."
    return LateRuns(max(count, 1), since, remedy)
