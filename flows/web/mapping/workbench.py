"""The workbench: columns and what they take, with what five documents would become."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.responses import Response

from flows.app.mapping.look import Looked, MappablePlace
from flows.web.mapping.draft import (
    NEW_COLUMNS,
    Draft,
    Form,
    draft_of,
    form_of,
    new_rows,
    proposed_form,
)
from flows.web.mapping.examine import ExaminedDraft, examine, source_in
from flows.web.render import page, see
from flows.web.site import RequestRefused, Visit, not_found
from pipeline.decide.naming import NameTemplate
from pipeline.errors import IngestError
from pipeline.findings import FINDINGS
from pipeline.labels import LABEL
from pipeline.onboarding.choices import documents_say
from pipeline.onboarding.proposal import ProposedSource, missing_columns, source_name
from pipeline.settings.sources import SourceSettings
from pipeline.wording import counted

_KINDS = ("table", "view", "folder")
_NAMES = (
    "{{ date }} {{ company }} {{ doc_type }}",
    "{{ date }} {{ company }} {{ total | money }}",
    "{{ date }} {{ doc_type }} {{ original }}",
)
"""Templates of names that are offered, each beside a name that it gives."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many records fit a condition, or why it cannot be said; both empty before."""

    records: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What is being mapped: a place, and the source there is for it."""

    place: MappablePlace
    old: SourceSettings | None

    @property
    def address(self) -> str:
        """Return where the forms of the workbench are sent, without what they do."""
        return f"/sources/{self.old.name}" if self.old else "/sources/new"


def place_of(values: Mapping[str, str]) -> MappablePlace | None:
    """Return the place that a query or a form names; None if it names none."""
    for kind in _KINDS:
        if values.get(kind):
            if kind != "folder":
                return MappablePlace(kind, values[kind])
            # Where a folder is chosen, one field says both; neither name can have a tab.
            index, _, column = values.get("to", "").partition("\t")
            index = values.get("index") or index
            return MappablePlace(
                kind, values[kind], index, values.get("path_column") or column or "Path"
            )
    return None


def mapped(visit: Visit) -> Mapped:
    """Return what the address, or the form of a new source, names.

    Raises:
        RequestRefused: there is no such source, or the page cannot show what it takes.
    """
    name = visit.parts.get("name")
    if name is None:
        place = place_of({**visit.query, **visit.form})
        if place is None:
            raise not_found("This place")
        return Mapped(place, None)
    old = source_in(visit.site.settings, name)
    if old is None:
        raise not_found("This source")
    if old.folder is not None:
        index = old.index
        if index is None:
            problem = "A folder without an index table is changed with an editor."
            raise RequestRefused(409, problem, "Its values go to whatever table refers to a file.")
        return Mapped(MappablePlace("folder", old.folder, index.table, index.path_column), old)
    kind = "view" if old.view is not None else "table"
    return Mapped(MappablePlace(kind, str(old.view or old.table)), old)


def begin(visit: Visit, place: MappablePlace, address: str) -> Response:
    """Begin to look at a place; the page of the address shows how far it has come."""
    looks = visit.site.looks
    visit.audit("look", place.name)
    looks.forget(place)

    def work(_drain: object) -> str:
        looked = looks.look_at(place)
        return f"{counted(len(looked.samples), 'document', 'was/were')} read"

    begun = visit.site.jobs.begin(job_of(place), work)
    if begun:
        return see(address)
    return see(f"{address}{'&' if '?' in address else '?'}said=busy")


def job_of(place: MappablePlace) -> str:
    """Return the name of the job that looks at a place."""
    return f"look at {place.kind} {place.name} {place.index}"


def edit(visit: Visit) -> Response:
    """Show the workbench of a source."""
    return workbench(visit)


def read_again(visit: Visit) -> Response:
    """Look again at the place of a source, and read some of its documents."""
    target = mapped(visit)
    return begin(visit, target.place, target.address)


def check(visit: Visit) -> Response:
    """Show what the form would do; count what its condition leaves, if that is asked."""
    counted = Counted()
    if "count" in visit.query or visit.form.get("do") == "count":
        counted = _count(visit, mapped(visit).place)
    return workbench(visit, form=visit.form, counted=counted)


def _count(visit: Visit, place: MappablePlace) -> Counted:
    try:
        return Counted(visit.site.looks.count(place, visit.form.get("where", "").strip()))
    except IngestError as error:
        return Counted(problem=str(error))


def workbench(
    visit: Visit,
    *,
    form: Form | None = None,
    counted: Counted | None = None,
    problems: tuple[str, ...] = (),
) -> Response:
    """Show a place with its columns, or how far looking at it has come."""
    target, site = mapped(visit), visit.site
    looked = site.looks.place(target.place)
    busy = visit.query.get("said") == "busy"
    if looked is None:
        job = site.jobs.job(job_of(target.place))
        read = site.looks.documents_read(target.place)
        return page(visit, "mapping/look", target=target, busy=busy, job=job, read=read)
    form = form or first_form(visit, looked, target.old)
    examined = examined_form(visit, target, looked, form)
    account = site.looks.account()
    return page(
        visit,
        "mapping/edit",
        target=target,
        busy=busy,
        looked=looked,
        form=form,
        choices=looked.choices,
        said=documents_say(looked.samples),
        findings=FINDINGS,
        names={template: NameTemplate(template).example for template in _NAMES},
        label=LABEL,
        examined=replace(examined, problems=(*problems, *examined.problems)),
        counted=counted or Counted(),
        rows=new_rows(form),
        tables=[one.name for one in account.account.containers if not one.is_view]
        if account
        else [],
        flags=[one.name for one in looked.container.columns.values() if one.type == "YES/NO"],
        limit=site.settings.caspio.monthly_calls,
        schedule=site.settings.serve.schedule,
    )


def first_form(visit: Visit, looked: Looked, old: SourceSettings | None) -> Form:
    """Return the form as it is before anybody has changed it."""
    container = looked.container
    if old is not None:
        form = form_of(old, container)
    else:
        names = {one.name for one in visit.site.settings.sources} | {"new"}
        source = ProposedSource("", container)
        name = source_name(looked.place.name, names)
        form = proposed_form(name, container, looked.choices, source.reprocess_column)
    if looked.place.kind == "view":
        return form
    # The usual columns that are missing are offered, and none of them is chosen.
    usual = missing_columns(container, ())
    taken = {value for key, value in form.items() if key.startswith("finding:")}
    offered = [one for one in usual if one.finding not in taken]
    for number in range(len(offered) + NEW_COLUMNS):
        form |= {f"new:{number}": "", f"takes:{number}": ""}
    if looked.place.is_missing:
        for number, one in enumerate(offered):
            form |= {f"new:{number}": one.name, f"takes:{number}": one.finding}
    return form


def examined_form(visit: Visit, target: Mapped, looked: Looked, form: Form) -> ExaminedDraft:
    """Say what a form would do."""
    draft: Draft = draft_of(form, target.place, looked.container, target.old)
    account = visit.site.looks.account()
    found = account.account if account else None
    return examine(draft, looked, visit.site.settings, found, target.old)
