"""A walk through the Prefect UI as an operator takes it: the suite's test, and the pictures of docs/prefect.md."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.flows.serving import WAIT_S, Served
from tests.support.browser import Page

# Prefect 3.8's own: pictures that it names and does not ship, and a question it asks of artifacts without a task run.
_KNOWN = re.compile(r"404 .*(favicon\S*|\.svg)$|422 .*/api/task_runs/filter$")


@dataclass
class Walk:
    """Who walks, where, and what was seen. `ingested` and `planned` are sources with new documents."""

    page: Page
    served: Served
    ingested: str
    planned: str
    picture: Callable[[str], Path | None] = lambda _: None
    runs: dict[str, str] = field(default_factory=dict)

    @property
    def ui(self) -> str:
        """Return the UI's address."""
        return self.served.prefect.api.removesuffix("/api") + "/v2"

    @property
    def errors(self) -> list[str]:
        """Return what the pages complained of, without what is Prefect's own."""
        return [error for error in self.page.errors if not _KNOWN.search(error)]

    def all(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Take the whole walk; return the run that the form started, and the state that the plan's run ended in."""
        self.work()
        self.dashboard()
        self.ingest_run()
        reprocessed, applied = self.reprocess(), self.approve()
        self.record_run()
        return reprocessed, applied

    def work(self) -> None:
        """Have an ingest run and one for a record, as a webhook asks for it, and a plan that waits."""
        self.runs["plan"] = self.served.start("plan-and-apply", sources=[self.planned])
        self.runs["ingest"] = self.served.start(f"ingest-{self.ingested}", yes=True)
        self.served.wait(self.runs["ingest"])
        self.runs["record"] = self.served.start(
            f"ingest-record-{self.ingested}", records=["1"], yes=True
        )
        self.served.wait(self.runs["record"])
        self.served.wait(self.runs["plan"], "PAUSED")

    def dashboard(self) -> None:
        """Look at the dashboard and the list of runs."""
        self.page.open(f"{self.ui}/dashboard")
        self.page.see("Flow Runs", "Work Pools")
        self._look("prefect-dashboard", height=900)
        self.page.open(f"{self.ui}/runs")
        self.page.see(
            f"ingest {self.ingested}", f"ingest-record {self.ingested}", "plan and apply", "Paused"
        )
        self._look("prefect-runs", height=900)

    def ingest_run(self) -> None:
        """Look at a run, its report and its table of documents."""
        self._open_run("ingest", f"ingest {self.ingested}", tab="Artifacts")
        self.page.see(
            f"report-{self.ingested}", f"documents-{self.ingested}", f"progress-{self.ingested}"
        )
        self._look("prefect-run", height=900)
        self._open_artifact("ingest", f"report-{self.ingested}")
        self.page.see("Caspio calls this month", "Needs a user", "Slowest")
        broken = self.page.run(
            "[...document.images].filter(i => !i.complete || !i.naturalWidth).map(i => i.src)"
        )
        assert broken == []
        self._look("prefect-report", height=1300)
        self._open_artifact("ingest", f"documents-{self.ingested}")
        self.page.see("suggested")
        self._look("prefect-documents", height=900)

    def reprocess(self) -> dict[str, Any]:
        """Fill in the form for one record and send it; return the run that came of it, ended."""
        deployment = self.served.deployments[f"reprocess-{self.ingested}"]["id"]
        its_runs = partial(
            self.served.prefect.find, "flow_runs", deployments={"id": {"any_": [deployment]}}
        )
        known = {run["id"] for run in its_runs()}
        self.page.open(f"{self.ui}/deployments/deployment/{deployment}/run")
        self.page.see("Only these PK_IDs", "Only files read or planned with other code")
        self.page.click("Add item", role="button")
        self.page.press(
            "ul textarea, li textarea, [role=listitem] textarea, [data-slot=card] textarea"
        )
        self.page.type("1")
        self._look("prefect-form", height=1150)
        self.page.click("Submit", role="button")
        until = time.monotonic() + WAIT_S
        while not (new := [run for run in its_runs() if run["id"] not in known]):
            assert time.monotonic() < until, self.page.text[:2000]
            time.sleep(0.3)
        self.runs["reprocess"] = new[0]["id"]
        return {**new[0], "state": self.served.wait(new[0]["id"])}

    def approve(self) -> dict[str, Any]:
        """Look at the plan, leave a record out, and let the rest be applied; return the state the run ended in."""
        self._open_artifact("plan", "plan")
        self.page.see("Caspio calls", "new name")
        self._look("prefect-plan", height=900)
        self._open_run("plan", "Paused")
        self.page.press("button[aria-haspopup=menu]")
        self.page.click("Resume")
        self.page.see("Provide input to resume", "Apply writes what the plan says")
        self.page.press("[role=dialog] button[aria-haspopup=listbox]")
        self.page.click("apply", role="[role=option]")
        chosen = "document.querySelector('[role=dialog] button[aria-haspopup=listbox]')"
        self.page.wait(f"{chosen}.innerText === 'apply'", "apply to be chosen")
        self.page.click("Add item", role="[role=dialog] button")
        self.page.press("[role=dialog] [data-slot=card] textarea")
        self.page.type("2")
        self._look("prefect-decision", height=900)
        self.page.click("Resume", role="[role=dialog] button")
        self.page.wait("!document.querySelector('[role=dialog]')", "the form to close")
        return self.served.wait(self.runs["plan"])

    def record_run(self) -> None:
        """Look at the run that a webhook asks for."""
        self._open_run("record", f"ingest-record {self.ingested}")
        self.page.see("Finished in state")  # of several tags the page shows some only, any of them
        self._look("prefect-record", height=700)

    def _open_run(self, name: str, *texts: str, tab: str = "Logs") -> None:
        self.page.open(f"{self.ui}/runs/flow-run/{self.runs[name]}?tab={tab}")
        self.page.see(*texts)

    def _open_artifact(self, run: str, key: str) -> None:
        artifact = self.served.prefect.artifacts(self.runs[run])[key]
        self.page.open(f"{self.ui}/artifacts/artifact/{artifact['id']}")
        self.page.see("Flow Run")

    def _look(self, name: str, *, height: int) -> None:
        """Take a picture, where pictures are wanted."""
        target = self.picture(name)
        if target is None:
            return
        self.page.size(1400, height)
        self.page.settle()
        self.page.picture(target)
