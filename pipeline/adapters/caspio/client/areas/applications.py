"""Bridge applications and their DataPages."""

from collections.abc import Mapping
from typing import Literal

from pipeline.adapters.caspio.client.http.call import Caller
from pipeline.adapters.caspio.client.http.request import Call
from pipeline.adapters.caspio.client.operations import OPERATIONS, operation
from pipeline.adapters.caspio.client.wire import account as wire
from pipeline.adapters.caspio.client.wire.account import Application, DataPage
from pipeline.adapters.caspio.client.wire.payload import Payload

Method = Literal["iFrame", "URL", "Embedded", "Net"]


class Applications:
    """Operations on Bridge applications.

    Each raises AccessDenied without the right, NotFound for an unknown key.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    @operation("ListBridgeApplications")
    def all(self) -> tuple[Application, ...]:
        """Return the applications that the profile may see (ListBridgeApplications)."""
        return tuple(map(wire.application, wire.many(self._ask("ListBridgeApplications"))))

    @operation("GetBridgeApplication")
    def get(self, key: str) -> Application:
        """Return an application (GetBridgeApplication)."""
        return wire.application(self._ask("GetBridgeApplication", externalKey=key).member("Result"))

    @operation("ListBridgeApplicationDataPages")
    def data_pages(self, key: str) -> tuple[DataPage, ...]:
        """Return an application's DataPages (ListBridgeApplicationDataPages)."""
        answer = self._ask("ListBridgeApplicationDataPages", externalKey=key)
        return tuple(map(wire.data_page, wire.many(answer)))

    @operation("GetBridgeApplicationDataPage")
    def data_page(self, key: str, page_key: str) -> DataPage:
        """Return a DataPage by its AppKey (GetBridgeApplicationDataPage)."""
        answer = self._ask("GetBridgeApplicationDataPage", externalKey=key, appKey=page_key)
        return wire.data_page(answer.member("Result"))

    @operation("GetBridgeApplicationDataPageDeploymentCode")
    def deployment_code(self, key: str, page_key: str, method: Method) -> str:
        """Return the code that embeds a DataPage (GetBridgeApplicationDataPageDeploymentCode)."""
        names = {"externalKey": key, "appKey": page_key}
        name = "GetBridgeApplicationDataPageDeploymentCode"
        return self._caller.text(Call(OPERATIONS[name], names, {"method": method}))

    @operation("UpdateBridgeApplicationDataPageDeployment")
    def deploy(self, key: str, page_key: str, *, deployed: bool) -> None:
        """Deploy or undeploy a DataPage (UpdateBridgeApplicationDataPageDeployment)."""
        name = "UpdateBridgeApplicationDataPageDeployment"
        self._ask(name, json={"Deployed": deployed}, externalKey=key, appKey=page_key)

    @operation("UpdateBridgeApplicationDataPagesDeployment")
    def deploy_all(self, key: str, *, deployed: bool) -> None:
        """Deploy or undeploy all DataPages (UpdateBridgeApplicationDataPagesDeployment)."""
        self._ask(
            "UpdateBridgeApplicationDataPagesDeployment",
            json={"Deployed": deployed},
            externalKey=key,
        )

    def _ask(self, name: str, *, json: Mapping[str, object] | None = None, **names: str) -> Payload:
        return self._caller.ask(Call(OPERATIONS[name], names, json=json))
