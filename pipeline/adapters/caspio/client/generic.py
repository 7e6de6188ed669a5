"""Make a call of any operation from its name and parameters as texts, checked beforehand."""

import mimetypes
import re
from collections.abc import Mapping
from pathlib import Path

from pipeline.adapters.caspio.client.http.request import Call, Upload
from pipeline.adapters.caspio.client.operations import OPERATIONS, Operation, ParameterKind
from pipeline.adapters.caspio.client.values import StreamedFile

# The specification's types of query parameters: string, integer, boolean.
_PATTERNS = {
    ParameterKind.TEXT: re.compile(r".*", re.DOTALL),
    ParameterKind.NUMBER: re.compile(r"[0-9]+"),
    ParameterKind.FLAG: re.compile(r"true|false"),
}


def build(
    operation_id: str,
    parameters: Mapping[str, str],
    *,
    json: object = None,
    file: Path | StreamedFile | None = None,
) -> Call:
    """Return the call; see `CaspioClient.call`.

    Raises:
        ValueError: the operation or a parameter is unknown, missing or misshapen; lists all
            problems.
    """
    operation = OPERATIONS.get(operation_id)
    if operation is None:
        raise ValueError(f"there is no operation {operation_id!r}")
    problems = [
        *_parameter_problems(operation, parameters),
        *_content_problems(operation, json, file),
    ]
    if problems:
        raise ValueError(f"{operation_id}: " + "; ".join(problems))
    names = {name: parameters[name] for name in operation.path_names}
    query = {one.name: parameters[one.name] for one in operation.query if one.name in parameters}
    upload = None
    if file is not None:
        media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        upload = Upload(operation.file_part, file, file.name, media_type)
    return Call(operation, names, query, json=json, upload=upload)


def _parameter_problems(operation: Operation, given: Mapping[str, str]) -> list[str]:
    kinds = {one.name: one.kind for one in operation.query}
    known = [*operation.path_names, *kinds]

    problems = [
        f"{name} is missing" for name in operation.required if not given.get(name, "").strip()
    ]
    unknown = [name for name in given if name not in known]
    if unknown:
        takes = f"it takes {', '.join(known)}" if known else "it takes none"
        problems.append(f"there is no parameter {', '.join(unknown)}; {takes}")
    for name, value in given.items():
        kind = kinds.get(name, ParameterKind.TEXT)
        if not _PATTERNS[kind].fullmatch(value):
            problems.append(f"{name} is {kind}, not {value!r}")
    # Documented: Caspio would ignore it (caspio-api.md, section 2.6).
    if "q.limit" in given and not {"q.pageNumber", "q.pageSize"}.isdisjoint(given):
        problems.append("q.limit is ignored beside q.pageNumber and q.pageSize; leave one out")
    return problems


def _content_problems(
    operation: Operation, json: object, file: Path | StreamedFile | None
) -> list[str]:
    # What the operation takes, and what is given.
    body = (operation.takes_json, json is not None)
    upload = (bool(operation.file_part), file is not None)
    found = {
        "a JSON body is missing": body == (True, False),
        "it takes no body": body == (False, True),
        "a file is missing": upload == (True, False),
        "it takes no file": upload == (False, True),
        f"there is no file {file}": isinstance(file, Path) and not file.is_file(),
    }
    return [problem for problem, is_there in found.items() if is_there]
