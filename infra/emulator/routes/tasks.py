"""Import and export tasks. A run continues after its answer (§7, C)."""

import asyncio

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.http.answers import result
from infra.emulator.http.operations import Operations, account_of, profile_of
from infra.emulator.state.tasks import SeedTask, Tasks

OPERATIONS = Operations()
_TASKS = "/v3/dataImportExportTasks"
_TASK = f"{_TASKS}/{{externalKey}}"


def _task_of(request: Request) -> SeedTask:
    return account_of(request).tasks.definitions.get(request.path_params["externalKey"])


@OPERATIONS.add("ListDataImportExportTasks", "GET", _TASKS)
async def list_tasks(request: Request) -> Response:
    """Answer with the tasks that the profile may read."""
    tasks = account_of(request).tasks
    profile = profile_of(request)
    readable = [task for task in tasks.definitions.all() if profile.may("read", task.name)]
    return result([task.to_json(tasks.status(task)) for task in readable])


@OPERATIONS.add("GetDataImportExportTask", "GET", _TASK, right="read")
async def get_task(request: Request) -> Response:
    """Answer with one task."""
    task = _task_of(request)
    return result(task.to_json(account_of(request).tasks.status(task)))


@OPERATIONS.add("RunDataImportExportTask", "POST", f"{_TASK}/run", right="run")
async def run_task(request: Request) -> Response:
    """Start a task."""
    account = account_of(request)
    task = _task_of(request)
    account.tasks.start(task)
    wait_s = account.quirks.task_ms / 1000
    work = BackgroundTask(run, account.tasks, task, wait_s)
    return Response(status_code=204, background=work)


async def run(tasks: Tasks, task: SeedTask, wait_s: float) -> None:
    """Be Busy for a time, do the work, be Processing for a time."""
    try:
        await asyncio.sleep(wait_s)
        tasks.process(task)
        await asyncio.sleep(wait_s)
    finally:
        tasks.finish(task)
