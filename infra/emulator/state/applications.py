"""Bridge applications and their DataPages, as a seed defines them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from infra.emulator.clock import format_milliseconds
from infra.emulator.errors import bad_query, no_object
from infra.emulator.state.objects import Objects, key_of
from infra.emulator.state.store import Store


@dataclass(frozen=True, slots=True)
class Application:
    """One application; dates are UTC."""

    name: str
    key: str
    created: str
    icon: str = ""

    def to_json(self, *, pages: int) -> dict[str, Any]:
        """Return the AppItem."""
        return {
            "AppName": self.name,
            "ExternalKey": self.key,
            "DataPagesCount": pages,
            "DateCreated": self.created,
            "DateModified": self.created,
            "DefaultIcon": not self.icon,
            "IconFileName": self.icon or None,
        }


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

    def to_json(self) -> dict[str, Any]:
        """Return the DataPageInfoResult; `AppKey` is the DataPage's own id (§7, C)."""
        return {
            "Name": self.name,
            "AppKey": self.key,
            "AppName": self.app_name,
            "Path": self.path,
            "Type": self.type,
            "DateCreated": self.created,
            "DateModified": self.modified,
            "CreatedBy": "seed",
            "ModifiedBy": "seed",
            "Note": self.note,
        }


class Applications:
    """The account's applications and DataPages.

    Attributes:
        apps: The applications by key.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.apps = Objects(store, Application)
        self._pages = Objects(store, DataPage)

    def add(self, name: str, data: Mapping[str, Any]) -> None:
        """Add an application of a seed.

        `data` has `icon`, and `pages`: name -> `type`, `path`, `note`, `deployed`.
        """
        now = self._now()
        app = Application(name=name, key=key_of(name), created=now, icon=data.get("icon", ""))
        self.apps.put(app)
        for title, members in data.get("pages", {}).items():
            page = DataPage(
                name=title,
                key=key_of(f"{name}/{title}"),
                app=app.key,
                app_name=name,
                created=now,
                modified=now,
                **members,
            )
            self._pages.put(page)

    def pages(self, app: Application) -> list[DataPage]:
        """Return an application's DataPages."""
        return [page for page in self._pages.all() if page.app == app.key]

    def page(self, app: Application, key: str) -> DataPage:
        """Return one of an application's DataPages; 404 if it does not exist."""
        page = self._pages.get(key)
        if page.app != app.key:
            raise no_object()
        return page

    def deployed(self, key: str) -> DataPage | None:
        """Return a DataPage that is deployed, None for any other key."""
        found = [page for page in self._pages.all() if page.key == key and page.deployed]
        return found[0] if found else None

    def set_deployed(self, page: DataPage, *, deployed: bool) -> None:
        """Deploy a DataPage, or end its deployment."""
        self._pages.put(replace(page, deployed=deployed, modified=self._now()))

    def _now(self) -> str:
        return format_milliseconds(self._store.clock.now())


def deployment_code(page: DataPage, method: str, *, account: str) -> str:
    """Return the code with which a web page shows a DataPage; 400 for an unknown method.

    `account` is the address of the account.
    """
    title = escape(page.name, quote=True)
    url = f"{account}/dp/{page.key}"
    # §2.5 (C): the methods and their first letters, in any case. The code itself is ours.
    match method.lower():
        case "iframe" | "i":
            return (
                f'<iframe name="{title}" title="{title}" src="{url}">'
                "This browser does not show frames.</iframe>"
            )
        case "url" | "u":
            return url
        case "embedded" | "e":
            return f'<script type="text/javascript" src="{url}/emb"></script>'
        case "net" | "n":
            return (
                '<%@ Register TagPrefix="dp" Assembly="DataPage" %>'
                f'<dp:DataPage runat="server" AppKey="{page.key}" />'
            )
        case _:
            raise bad_query("method")
