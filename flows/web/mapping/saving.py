"""Show how the settings file changes, create columns that are agreed to, and write it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from flows.app.drain import Drain
from flows.app.mapping.look import Looked
from flows.app.mapping.settings_file import SettingsFile, read_settings_file, replace_settings
from flows.app.mapping.taking import takers
from flows.app.plan import plan_sources
from flows.terminal.progress import progress
from flows.web.jobs import Work
from flows.web.mapping import plain_words
from flows.web.mapping.draft import Draft
from flows.web.mapping.examine import change_of, source_in
from flows.web.mapping.listing import place_of_source
from flows.web.mapping.workbench import Mapped, examined_form, mapped, workbench
from flows.web.plans import plan_files
from flows.web.render import page, see
from flows.web.site import RequestRefused, Site, Visit, not_found
from pipeline.errors import BadSettings, IngestError
from pipeline.onboarding.proposal import MissingColumn
from pipeline.onboarding.settings_edit import SettingsChange, changed, removed
from pipeline.wording import counted

PLANNED = 25
"""Records of the first plan: as many as a user can look at."""

_OTHER = {
    "pause": ("Pause", "paused"),
    "resume": ("Resume", "resumed"),
    "remove": ("Remove", "removed"),
}
"""What can be done with a source beside mapping it: the button, and what it is afterwards."""


@dataclass(frozen=True, slots=True)
class Saving:
    """A change that is about to be written.

    Attributes:
        does: `map`, or one of those in `_OTHER`.
        means: What it means, in sentences.
        creates: Columns to be created first.
        creates_table: The index table to be created first, "" for none.
    """

    does: str
    name: str
    file: SettingsFile
    change: SettingsChange
    means: Sequence[str]
    creates: tuple[MissingColumn, ...] = ()
    creates_table: str = ""

    @property
    def needs_agreement(self) -> bool:
        """Say whether something is created at Caspio, which the page cannot take back."""
        return bool(self.creates or self.creates_table)


def review(visit: Visit) -> Response:
    """Show how the settings file changes; or, again, the form with what is wrong with it."""
    target = mapped(visit)
    looked = visit.site.looks.place(target.place)
    if looked is None:
        return see(target.address)
    examined = examined_form(visit, target, looked, visit.form)
    if examined.problems:
        return workbench(visit, form=visit.form)
    condition = visit.form.get("where", "").strip()
    try:
        # Caspio alone can say whether it understands a condition.
        if condition and looked.place.kind != "folder":
            visit.site.looks.count(looked.place, condition)
        saving = saving_of(visit, target, looked, examined.draft)
    except IngestError as error:
        return workbench(visit, form=visit.form, problems=tuple(_sentences(error)))
    return _show(visit, target.address, saving)


def change(visit: Visit) -> Response:
    """Show how the settings file changes if a source is paused, resumed or removed."""
    saving = other_saving(visit, visit.form.get("does", ""))
    return _show(visit, f"/sources/{saving.name}", saving)


def _show(visit: Visit, address: str, saving: Saving, problem: str = "") -> Response:
    button, _ = _OTHER.get(saving.does, ("Write the settings", ""))
    # What was typed goes on to the next page in the form; `does` and `digest` are of this one.
    hidden = {k: v for k, v in visit.form.items() if k not in {"does", "digest", "agreed", "do"}}
    return page(
        visit,
        "mapping/change",
        address=address,
        saving=saving,
        button=button,
        hidden=hidden,
        problem=problem,
        config=visit.site.config.name,
    )


def saving_of(visit: Visit, target: Mapped, looked: Looked, draft: Draft) -> Saving:
    """Return the change that a form without problems makes.

    Raises:
        BadSettings: nothing would change, or the file cannot be changed.
    """
    assert draft.source is not None
    file = read_settings_file(visit.site.config)
    made = change_of(draft.source, target.old, file)
    if made.after == made.before:
        raise BadSettings(["Nothing has changed."])
    table = looked.place.container if looked.place.is_missing else ""
    means = plain_words.of_mapping(draft.source, target.old)
    return Saving("map", draft.source.name, file, made, means, draft.creates, table)


def other_saving(visit: Visit, does: str) -> Saving:
    """Return the change that pauses, resumes or removes the source of the address.

    Raises:
        RequestRefused: there is no such source, or it is the last one.
        BadSettings: the file cannot be changed.
    """
    source = source_in(visit.site.settings, visit.parts["name"])
    if source is None or does not in _OTHER:
        raise not_found("This source")
    file, means = read_settings_file(visit.site.config), plain_words.of_action(does)
    if does == "remove":
        settings = visit.site.settings
        if len(settings.sources) == 1 and not settings.sync:
            problem = "This is the last source, and the settings have no sync."
            remedy = "Without either they cannot be loaded. Pause it, or map another one first."
            raise RequestRefused(409, problem, remedy)
        return Saving(does, source.name, file, removed(file.text, source.name), means)
    paused = True if does == "pause" else None
    made = changed(file.text, source.name, {"paused": paused})
    return Saving(does, source.name, file, made, means)


def write(visit: Visit) -> Response:
    """Create what is agreed to, write the settings, and work with them from now on.

    Nothing of the form is trusted: it is examined again, and so is the file.
    """
    does, site = visit.form.get("does", "map"), visit.site
    if does == "map":
        target = mapped(visit)
        looked = site.looks.place(target.place)
        if looked is None:
            return see(target.address)
        examined = examined_form(visit, target, looked, visit.form)
        if examined.problems:
            return workbench(visit, form=visit.form)
        try:
            saving = saving_of(visit, target, looked, examined.draft)
        except BadSettings as error:
            return workbench(visit, form=visit.form, problems=tuple(error.problems))
        address = target.address
    else:
        looked, saving = None, other_saving(visit, does)
        address = f"/sources/{saving.name}"
    problem = ""
    if visit.form.get("digest") != saving.file.digest:
        problem = "The settings file has changed since it was shown. This is the change now."
    elif saving.needs_agreement and not visit.form.get("agreed"):
        problem = "Agree to what is created at Caspio, or go back and leave it out."
    else:
        problem = _carry_out(visit, saving, looked)
    if problem:
        return _show(visit, address, saving, problem)
    if saving.does == "remove":
        return see("/sources?said=removed")
    return see(f"/sources/{saving.name}/saved?said={_OTHER.get(saving.does, ('', 'written'))[1]}")


def _carry_out(visit: Visit, saving: Saving, looked: Looked | None) -> str:
    """Create and write; return "" or why it was not done."""
    site = visit.site
    try:
        if looked is not None and saving.needs_agreement:
            names = ", ".join(f"{one.name} ({one.type})" for one in saving.creates)
            visit.audit("create columns", looked.place.container, names or saving.creates_table)
            made, problem = site.looks.create(looked, saving.creates)
            if problem:
                kept = f"; {counted(len(made), 'column')} of this form exist now" if made else ""
                return f"{problem}{kept}. The settings were not written."
        # Recorded before it is done, with the name by which others say that they have taken it.
        digest = SettingsFile(saving.change.after).digest
        visit.audit(f"{saving.does} source", saving.name, f"settings {digest[:12]}")
        try:
            replace_settings(site.config, saving.change.after, seen=saving.file.digest)
        except IngestError as error:
            visit.audit(f"fail to {saving.does} source", saving.name, " ".join(_sentences(error)))
            raise
    except IngestError as error:
        return " ".join(_sentences(error))
    site.refresh()
    if looked is not None and saving.needs_agreement:
        site.looks.forget(looked.place)
    return ""


def saved(visit: Visit) -> Response:
    """Show a source that was saved: who has taken the settings, and the plan of its first run."""
    name, site = visit.parts["name"], visit.site
    source = source_in(site.settings, name)
    if source is None:
        raise not_found("This source")
    job = site.jobs.job(_job_of(name))
    plan = None
    if job is not None and not job.is_running and not job.failed:
        listed = (one.plan for one in plan_files(site) if one.plan is not None)
        plan = next((one for one in listed if name in one.owner.sources), None)
    return page(
        visit,
        "mapping/saved",
        source=source,
        place=place_of_source(source),
        taken=takers(site.ledger, read_settings_file(site.config).digest),
        job=job,
        plan=plan,
        planned=PLANNED,
        said=visit.query.get("said", ""),
    )


def plan(visit: Visit) -> Response:
    """Begin to plan the first records of a source: read, and nothing written at Caspio."""
    name, site = visit.parts["name"], visit.site
    if source_in(site.settings, name) is None:
        raise not_found("This source")
    visit.audit("plan source", name)
    begun = site.jobs.begin(_job_of(name), _planning(site, name, site.clock.now()))
    return see(f"/sources/{name}/saved" + ("" if begun else "?said=busy"))


def _planning(site: Site, name: str, now: datetime) -> Work:
    def work(drain: Drain) -> str:
        folder = site.config.parent / "plans"
        folder.mkdir(exist_ok=True)
        with site.connect(drain) as context:
            report = plan_sources(
                context,
                sources=[name],
                limit=PLANNED,
                file=folder / f"plan-{name}-{now:%Y%m%d-%H%M%S}.jsonl",
                html=None,
                watch=progress(shown=False),
            )
        return f"{counted(report.plan.records, 'record')} would change"

    return work


def _job_of(name: str) -> str:
    return f"plan {name}"


def _sentences(error: IngestError) -> Sequence[str]:
    return error.problems if isinstance(error, BadSettings) else [str(error)]
