"""Uploaded files."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.datastructures import UploadFile
from starlette.requests import Request

from infra.emulator.errors import bad_body, too_large, wrong_media_type
from infra.emulator.http.operations import account_of
from infra.emulator.state.content import CHUNK, NamedContent, content_of_file


@asynccontextmanager
async def uploads(request: Request, part: str) -> AsyncIterator[list[NamedContent]]:
    """Store the multipart parts of a name on disk and yield them.

    400 if there are none, 413 for an upload over the limit, 415 for another media type. The files
    are deleted if the `with` block raises.
    """
    store = account_of(request).store
    # §8 (C, observed): another media type is 415.
    media_type = request.headers.get("content-type", "").lower()
    if not media_type.startswith("multipart/form-data"):
        raise wrong_media_type()
    # §11: the real limit is unknown. The length includes the multipart framing.
    limit = store.quirks.max_upload_bytes
    if limit and int(request.headers.get("content-length", "0")) > limit:
        raise too_large()

    async with request.form() as form:
        stored: list[NamedContent] = []
        for file in form.getlist(part):
            # A part without a file name is a form field, not a file.
            if not isinstance(file, UploadFile) or not file.filename:
                continue
            target = store.data_dir / uuid.uuid4().hex
            with target.open("wb") as stream:
                while chunk := file.file.read(CHUNK):
                    stream.write(chunk)
            content = content_of_file(target)
            stored.append(NamedContent(file.filename, content, file.content_type or ""))
        if not stored:
            raise bad_body(f"a file part called '{part}'")
    try:
        yield stored
    except BaseException:
        # The operation refused them: nothing refers to the stored bytes.
        for one in stored:
            one.content.delete_from(store.data_dir)
        raise


@asynccontextmanager
async def single_upload(request: Request, part: str) -> AsyncIterator[NamedContent]:
    """Like `uploads`, for exactly one file; 400 for several."""
    async with uploads(request, part) as files:
        if len(files) != 1:
            raise bad_body("exactly one file is expected")
        yield files[0]


def check_name(name: str) -> None:
    """Refuse a file name that would be a path; 400."""
    if set(name) & set("/\\\0"):
        raise bad_body(f"the file name {name!r}")
