"""Plans: what they would write, and applying them without the records that a user refuses.

They are the files that `caspio-ingest plan` and the Prefect flow write, with the same seal.
"""

import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from starlette.responses import Response

from flows.app.changes import apply_plan
from flows.app.drain import Drain
from flows.app.plan import owner_of
from flows.terminal.progress import progress
from flows.web.jobs import in_words
from flows.web.render import page, see
from flows.web.site import RequestRefused, Site, Visit, not_found
from pipeline.errors import BadSettings
from pipeline.model import short_digest
from pipeline.model.users import AuditEntry
from pipeline.plans.plan_file import (
    PlanFile,
    PlannedRecord,
    is_settled,
    open_plan,
    refuse_owner,
)
from pipeline.plans.refusals import name_of, refusals, save_refusals

MOST_PLANS = 20
"""Plans listed, the latest first: each is read from its beginning to its end to check its seal."""

MOST_RECORDS = 200
"""Records of a plan that can be applied from the page: a user can look at so many."""

_DECIDING = threading.Lock()  # what was shown is compared and replaced in one step


@dataclass(frozen=True, slots=True)
class Listed:
    """A plan file, or why it is none that can be used."""

    path: Path
    plan: PlanFile | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A planned record, whether it was applied, and who has refused it, if anybody has."""

    record: PlannedRecord
    is_applied: bool
    refused: AuditEntry | None

    @property
    def name(self) -> str:
        """Return what the form names it by."""
        return name_of(self.record)


def plans(visit: Visit) -> Response:
    """List the plans."""
    return page(visit, "plans", listed=list(plan_files(visit.site)))


def plan_files(site: Site) -> Iterator[Listed]:
    """Yield the plan files beside the settings, where `plan` and the flow write them."""
    folder = site.config.parent
    found = [*folder.glob("*.jsonl"), *folder.glob("plans/*.jsonl")]
    found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    key = site.ledger.effects.plan_key()
    for path in found[:MOST_PLANS]:
        try:
            yield Listed(path, open_plan(path, key))
        except BadSettings as error:
            yield Listed(path, None, "; ".join(error.problems))


def named_plan(visit: Visit) -> PlanFile:
    """Return the plan that the address names.

    Raises:
        RequestRefused: there is none, or it is no longer sealed as it was.
    """
    for listed in plan_files(visit.site):
        if listed.plan is not None and listed.plan.id == visit.parts["id"]:
            return listed.plan
    raise not_found("This plan")


def plan(visit: Visit) -> Response:
    """Show a plan record by record."""
    found = named_plan(visit)
    settings, refused = visit.site.settings, refusals(found, visit.site.ledger)
    types = visit.shown_types(found.owner.sources)
    return page(
        visit,
        "plan",
        plan=found,
        rows=[
            PlanRow(one, is_applied(one, visit.site), refused.get(name_of(one)))
            for one in islice(found.each(), MOST_RECORDS)
        ],
        types=types,
        refused=len(refused),
        known=_known(refused),
        problems=refuse_owner(found, owner_of(settings, settings.specs().values())),
        most=MOST_RECORDS,
        job=visit.site.jobs.job(_job_of(found)),
        said=visit.query.get("said", ""),
    )


def is_applied(record: PlannedRecord, site: Site) -> bool:
    """Say whether every file of a planned record was written, by this plan or by a run since."""
    states = [site.ledger.files.state(file.ref.version) for file in record.files]
    outcomes = [state.outcome for state in states if state is not None]
    return all(
        outcome is not None and not outcome.planned_only and is_settled(outcome.status)
        for outcome in outcomes
    )


def refuse(visit: Visit) -> Response:
    """Keep which records are refused; whatever applies the plan leaves them as they are."""
    with _DECIDING:
        found = _shown_plan(visit)
        if _is_being_applied(found, visit.site):
            raise RequestRefused(
                409, "The plan is being applied.", "Look at what it wrote, and undo that."
            )
        _keep_refusals(found, visit)
    return see(f"/plans/{found.id}?said=kept")


def _shown_plan(visit: Visit) -> PlanFile:
    """Return the plan that the form is about.

    Raises:
        RequestRefused: it is not the plan that was shown, or it is too long for the page.
    """
    found = named_plan(visit)
    if found.records > MOST_RECORDS:
        command = f"caspio-ingest apply {found.path.name}"
        raise RequestRefused(
            409, "This plan is too long for the page.", f"Apply it with {command}."
        )
    if visit.form.get("seal") != found.seal:
        raise RequestRefused(409, "This is not the plan that was shown.", "Load the page again.")
    return found


def _keep_refusals(plan: PlanFile, visit: Visit) -> None:
    """Keep the refusals that the form has.

    Raises:
        RequestRefused: others have decided since the page was loaded, or there is no such record.
    """
    ledger, names = visit.site.ledger, visit.choices.get("refuse", ())
    # What is not checked is allowed again, so the user must have seen that it was refused.
    if visit.form.get("known") != _known(refusals(plan, ledger)):
        problem = "Records were refused or allowed since the page was loaded."
        raise RequestRefused(409, problem, "Load the page again.")
    if not {name_of(record) for record in plan.each()}.issuperset(names):
        raise RequestRefused(409, "The plan has no such record.", "Load the page again.")
    save_refusals(plan, names, visit.user, ledger)


def _known(refused: Collection[str]) -> str:
    """Identify the refusals that a page shows."""
    return short_digest(sorted(refused))


def apply(visit: Visit) -> Response:
    """Begin to apply a plan; the records that were refused stay as they are."""
    with _DECIDING:
        found = _shown_plan(visit)
        kept = refusals(found, visit.site.ledger)
        # A double click asks for what is being done.
        is_same = kept.keys() == set(visit.choices.get("refuse", ()))
        if is_same and _is_being_applied(found, visit.site):
            return see(f"/plans/{found.id}")
        _keep_refusals(found, visit)
        refused = ", ".join(refusals(found, visit.site.ledger))
        visit.audit("apply plan", found.id, f"without {refused}" if refused else "")
        work = partial(_apply, visit.site, found)
        begun = visit.site.jobs.begin(_job_of(found), work)
    return see(f"/plans/{found.id}" + ("" if begun else "?said=busy"))


def _is_being_applied(plan: PlanFile, site: Site) -> bool:
    return site.jobs.is_running(_job_of(plan))


def _apply(site: Site, plan: PlanFile, drain: Drain) -> str:
    with site.connect(drain) as context:
        report = apply_plan(context, plan.path, seal=plan.seal, watch=progress(shown=False))
    return in_words(report, nothing="Nothing was left to write")


def _job_of(plan: PlanFile) -> str:
    return f"apply {plan.id}"
