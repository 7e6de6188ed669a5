"""Bridge applications and their DataPages, as a seed gives them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from html import escape
from typing import Any

from infra.emulator.clock import to_milliseconds
from infra.emulator.errors import bad_query, no_object
from infra.emulator.state.objects import Objects, key_of
from infra.emulator.state.store import Store

_METHODS = ("iFrame", "URL", "Embedded", "Net")


@dataclass(frozen=True, slots=True)
class Application:
    """One application; dates are UTC."""

    name: str
    key: str
    created: str
    icon: str = ""

    def shown(self, pages: int) -> dict[str, Any]:
        """Return the AppItem."""
        return {
            "AppName": self.name, "ExternalKey": self.key, "DataPagesCount": pages, "DateCreated": self.created,
            "DateModified": self.created, "DefaultIcon": not self.icon, "IconFileName": self.icon or None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class DataPage:
    """One DataPage; dates are UTC."""

    name: str
    key: str
    app: str
    app_name: str
    created: str
    modified: str
    path: str = ""
    type: str = "WEBFORM"
    note: str = ""
    deployed: bool = False

    def shown(self) -> dict[str, Any]:
        """Return the DataPageInfoResult."""
        return {
            "Name": self.name, "AppKey": self.key, "AppName": self.app_name, "Path": self.path, "Type": self.type,
            "DateCreated": self.created, "DateModified": self.modified, "CreatedBy": "seed", "ModifiedBy": "seed",
            "Note": self.note,
        }  # fmt: skip


class Applications:
    """The account's applications and DataPages."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._apps = Objects(store, "application")
        self._pages = Objects(store, "datapage")

    def add(self, name: str, data: Mapping[str, Any]) -> None:
        """Add an application of a seed: `icon`, and `pages` with `type`, `path`, `note` and `deployed` by name."""
        now = self._now()
        app = Application(name=name, key=key_of(name), created=now, icon=data.get("icon", ""))
        self._apps.put(app.key, asdict(app))
        for title, page in data.get("pages", {}).items():
            made = DataPage(
                name=title,
                key=key_of(f"{name}/{title}"),
                app=app.key,
                app_name=name,
                created=now,
                modified=now,
                **page,
            )
            self._pages.put(made.key, asdict(made))

    def all(self) -> list[Application]:
        """Return all applications."""
        return [Application(**body) for body in self._apps.all()]

    def get(self, key: str) -> Application:
        """Return an application; 404 without it."""
        body = self._apps.get(key)
        if body is None:
            raise no_object()
        return Application(**body)

    def pages(self, app: Application) -> list[DataPage]:
        """Return an application's DataPages."""
        return [
            page for page in (DataPage(**body) for body in self._pages.all()) if page.app == app.key
        ]

    def page(self, app: Application, key: str) -> DataPage:
        """Return one of an application's DataPages; 404 without it."""
        body = self._pages.get(key)
        if body is None or body["app"] != app.key:
            raise no_object()
        return DataPage(**body)

    def deploy(self, page: DataPage, *, deployed: bool) -> None:
        """Deploy a DataPage or take it back."""
        self._pages.put(page.key, asdict(replace(page, deployed=deployed, modified=self._now())))

    def _now(self) -> str:
        return to_milliseconds(self._store.clock.now())


def deployment_code(page: DataPage, method: str) -> str:
    """Return what a web page contains to show a DataPage; 400 for an unknown method."""
    found = next((one for one in _METHODS if method.lower() in {one.lower(), one[0].lower()}), None)
    url, title = f"https://account.caspio.com/dp/{page.key}", escape(page.name, quote=True)
    if found == "URL":
        return url
    if found == "iFrame":
        return f'<iframe name="{title}" title="{title}" src="{url}">This browser does not show frames.</iframe>'
    if found == "Embedded":
        return f'<script type="text/javascript" src="{url}/emb"></script>'
    if found == "Net":
        return f'<%@ Register TagPrefix="dp" Assembly="DataPage" %><dp:DataPage runat="server" AppKey="{page.key}" />'
    raise bad_query("method")
