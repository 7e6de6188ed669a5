"""`/apps`: applications and DataPages, the code that shows one, and its deployment."""

from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from urllib.parse import quote, urlsplit

from starlette.responses import Response

from flows.web.apps.account_apps import METHODS, Shown
from flows.web.guard import policy
from flows.web.render import page, see
from flows.web.site import RequestRefused, Visit, not_found
from pipeline.errors import IngestError

_DEPLOY, _UNDEPLOY = "deploy", "un-deploy"


@dataclass(frozen=True, slots=True)
class Deployment:
    """What was done here about the deployment last. Caspio's API does not say what is deployed.

    Attributes:
        state: `deployed`, `not deployed` or `not known`.
    """

    state: str
    at: datetime | None = None
    by: str = ""


def applications(visit: Visit) -> Response:
    """List the applications."""
    return page(visit, "apps/list", applications=visit.site.apps.applications())


def application(visit: Visit) -> Response:
    """Show an application with its DataPages."""
    found, pages = visit.site.apps.application(visit.parts["key"])
    states = {one.key: deployment(visit, found.key, one.key) for one in pages}
    return page(visit, "apps/application", application=found, pages=pages, states=states)


def data_page(visit: Visit) -> Response:
    """Show a DataPage: its state, its codes, and on demand what it looks like."""
    found = visit.site.apps.shown(visit.parts["key"], visit.parts["page"])
    frame = preview(found, visit)
    # Only this answer, and only if somebody asked: the frame is loaded from Caspio.
    is_shown = visit.query.get("preview") == "yes" and frame is not None
    headers = {}
    if is_shown and frame is not None:
        headers["content-security-policy"] = policy(frames=_origin(frame))
    return page(
        visit,
        "apps/datapage",
        headers=headers,
        shown_page=found,
        methods=METHODS,
        state=deployment(visit, found.application.key, found.page.key),
        frame=frame,
        is_shown=is_shown,
        host=urlsplit(visit.site.settings.caspio.url).netloc,
    )


def preview(found: Shown, visit: Visit) -> str | None:
    """Return the address of a DataPage, None if it is not at the account's own host."""
    address = found.codes["URL"].strip()
    own = visit.site.settings.caspio.url
    return address if _origin(address) == own and address.isprintable() else None


def deploy(visit: Visit) -> Response:
    """Deploy or un-deploy a DataPage, or all of an application; without consent, ask first."""
    key, page_key = visit.parts["key"], visit.parts.get("page")
    wanted = visit.form.get("deployed")
    if wanted not in {"yes", "no"}:
        raise RequestRefused(400, "The request does not say what to do.", "Load the page again.")
    found, pages = visit.site.apps.application(key)
    chosen = [one for one in pages if page_key in {None, one.key}]
    if page_key is not None and not chosen:
        raise not_found("This DataPage")
    back = f"/apps/{quote(key, safe='')}" + (f"/{quote(page_key, safe='')}" if page_key else "")
    if visit.form.get("confirmed") != "yes":
        return page(
            visit, "apps/confirm", application=found, pages=chosen, wanted=wanted, back=back
        )
    verb, names = _DEPLOY if wanted == "yes" else _UNDEPLOY, [one.name for one in chosen]
    subject = _subject(key, page_key)
    # Before the effect: if this process dies now, the trail says that it may have happened.
    visit.audit(f"begin to {verb}", subject, ", ".join(names))
    try:
        visit.site.apps.set_deployed(key, page_key, deployed=wanted == "yes")
    except (IngestError, RequestRefused) as error:
        visit.audit(f"fail to {verb}", subject, str(error))
        raise
    visit.audit(verb, subject, ", ".join(names))
    return see(back)


def deployment(visit: Visit, key: str, page_key: str) -> Deployment:
    """Return what the audit trail knows of a DataPage's deployment."""
    users = visit.site.ledger.users
    trails = (users.audit_trail(subject=_subject(key, one), limit=1) for one in (page_key, None))
    entries = [(entry.at, entry) for trail in trails for entry in trail if entry.at is not None]
    if not entries:
        return Deployment("not known")
    _, latest = max(entries, key=itemgetter(0))
    states = {_DEPLOY: "deployed", _UNDEPLOY: "not deployed"}
    return Deployment(states.get(latest.action, "not known"), latest.at, latest.user.name)


def _subject(key: str, page_key: str | None) -> str:
    return f"DataPage {key}/{page_key}" if page_key else f"DataPages of {key}"


def _origin(address: str) -> str:
    """Return scheme and host of an address, "" for anything else."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower()
