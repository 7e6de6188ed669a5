"""Import and export tasks; a run goes on after its answer."""

import asyncio

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.http.answers import Operation, account_of, profile_of, result
from infra.emulator.state.tasks import Task, Tasks


def _task(request: Request) -> Task:
    return account_of(request).tasks.get(request.path_params["externalKey"])


async def _list(request: Request) -> Response:
    tasks, profile = account_of(request).tasks, profile_of(request)
    return result(
        [one.shown(tasks.status(one)) for one in tasks.all() if profile.may("read", one.name)]
    )


async def _get(request: Request) -> Response:
    task = _task(request)
    return result(task.shown(account_of(request).tasks.status(task)))


async def _run(request: Request) -> Response:
    account, task = account_of(request), _task(request)
    account.tasks.start(task)
    pause_s = account.store.quirks.task_ms / 1000
    return Response(status_code=204, background=BackgroundTask(_work, account.tasks, task, pause_s))


async def _work(tasks: Tasks, task: Task, pause_s: float) -> None:
    try:
        await asyncio.sleep(pause_s)
        tasks.process(task)
        await asyncio.sleep(pause_s)
    finally:
        tasks.finish(task)


_ALL = "/v3/dataImportExportTasks"
OPERATIONS = (
    Operation("ListDataImportExportTasks", "GET", _ALL, _list),
    Operation("GetDataImportExportTask", "GET", f"{_ALL}/{{externalKey}}", _get, "read"),
    Operation("RunDataImportExportTask", "POST", f"{_ALL}/{{externalKey}}/run", _run, "run"),
)
