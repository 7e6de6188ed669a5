"""Make a call of any operation from its name and parameters as texts, checked against what the operation takes."""

import mimetypes
from collections.abc import Mapping
from pathlib import Path

from pipeline.adapters.caspio.client.call import Call, Upload
from pipeline.adapters.caspio.client.operations import OPERATIONS, Kind, Operation


def build(
    operation_id: str,
    parameters: Mapping[str, str],
    *,
    json: object = None,
    file: Path | None = None,
) -> Call:
    """Return the call; see `CaspioClient.call`.

    Raises:
        ValueError: the operation or a parameter is unknown, missing or misshapen; lists all problems.
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
    upload = _upload(operation, file) if file else None
    return Call(operation, names, query, json=json, upload=upload)


def _parameter_problems(operation: Operation, given: Mapping[str, str]) -> list[str]:
    kinds = {one.name: one.kind for one in operation.query}
    known = [*operation.path_names, *kinds]
    required = [*operation.path_names, *(one.name for one in operation.query if one.required)]
    problems = [f"{name} is missing" for name in required if not given.get(name, "").strip()]
    unknown = [name for name in given if name not in known]
    if unknown:
        takes = f"it takes {', '.join(known)}" if known else "it takes none"
        problems.append(f"there is no parameter {', '.join(unknown)}; {takes}")
    problems += [
        f"{name} is {kinds[name]}, not {value!r}"
        for name, value in given.items()
        if not _fits(kinds, name, value)
    ]
    if "q.limit" in given and not {"q.pageNumber", "q.pageSize"}.isdisjoint(given):
        problems.append("q.limit is ignored beside q.pageNumber and q.pageSize; leave one out")
    return problems


def _fits(kinds: Mapping[str, Kind], name: str, value: str) -> bool:
    kind = kinds.get(name, Kind.TEXT)
    if kind is Kind.NUMBER:
        return value.isascii() and value.isdigit()
    return kind is Kind.TEXT or value in {"true", "false"}


def _content_problems(operation: Operation, json: object, file: Path | None) -> list[str]:
    problems = []
    if operation.takes_json != (json is not None):
        problems.append("a JSON body is missing" if operation.takes_json else "it takes no body")
    if bool(operation.file_part) != (file is not None):
        problems.append("a file is missing" if operation.file_part else "it takes no file")
    if file is not None and not file.is_file():
        problems.append(f"there is no file {file}")
    return problems


def _upload(operation: Operation, file: Path) -> Upload:
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Upload(operation.file_part, file, file.name, media_type)
