"""How long the archive waits for a store."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import IncompleteReadError, ReadTimeoutError

from pipeline.adapters.s3_archive import S3Archive
from pipeline.errors import ArchiveUnavailable
from tests.fakes.clock import FakeClock


def an_archive(clock: FakeClock) -> S3Archive:
    """Return an archive in a store that nobody asks."""
    return S3Archive(
        "bucket",
        endpoint_url="http://127.0.0.1:1",
        region="us-east-1",
        access_key_id="any",
        secret_access_key="any",
        clock=clock,
    )


class _Body:
    """A body that flows for a while after some bytes, and then breaks off or ends."""

    def __init__(
        self, clock: FakeClock, *, flows_s: float, sent: bytes, error: Exception | None
    ) -> None:
        self._clock, self._flows_s, self._sent, self._error = clock, flows_s, sent, error

    def _flow(self, data: bytes) -> bytes:
        if not data:
            self._clock.advance(self._flows_s)
            if self._error is not None:
                raise self._error
        return data

    def read(self, number: int) -> bytes:
        """Return the next bytes."""
        data, self._sent = self._sent[:number], self._sent[number:]
        return self._flow(data)

    def iter_chunks(self, number: int) -> Iterator[bytes]:
        """Yield the rest."""
        while data := self.read(number):
            yield data

    def close(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    "flow",
    [
        (b"text", 900.0, 2, 3),
        (b"t", 250.0, 3, 4),
        (b"text", 900.0, 4, 4),
        (b"", 250.0, 1, 1),
        (b"", 40.0, 3, 4),
    ],
)
@pytest.mark.parametrize(
    "error",
    [
        IncompleteReadError(actual_bytes=4, expected_bytes=9),
        ReadTimeoutError(endpoint_url="http://127.0.0.1:1"),
    ],
)
def test_a_body_that_was_flowing_is_read_again_however_long_it_took(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    flow: tuple[bytes, float, int, int],
):
    """Only a store that sends nothing is given up after a while: a large body takes its time."""
    sent, flows_s, broken, asked = flow
    clock, calls = FakeClock(), []
    archive = an_archive(clock)

    def answered(**options: Any) -> dict[str, Any]:
        calls.append(options["Key"])
        ends = error if len(calls) <= broken else None
        return {"Body": _Body(clock, flows_s=flows_s, sent=sent, error=ends), "Metadata": {}}

    monkeypatch.setattr(archive._client, "get_object", answered)

    if asked > broken:
        archive.get("originals/x", tmp_path / "x")
        assert (tmp_path / "x").read_bytes() == sent
    else:
        with pytest.raises(ArchiveUnavailable):
            archive.get("originals/x", tmp_path / "x")
    assert len(calls) == asked


@pytest.mark.parametrize(
    ("error", "took_s", "asked"),
    [
        (ReadTimeoutError(endpoint_url="http://127.0.0.1:1"), 240.0, 1),
        (ReadTimeoutError(endpoint_url="http://127.0.0.1:1"), 60.0, 4),
        (IncompleteReadError(actual_bytes=1, expected_bytes=2), 5.0, 4),
    ],
)
def test_a_store_that_never_answers_is_given_up_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, took_s: float, asked: int
):
    """An unanswered request was repeated by botocore already; a body that breaks off is read again."""
    clock, calls = FakeClock(), []
    archive = an_archive(clock)

    def unanswered(**options: Any) -> None:
        calls.append(options["Key"])
        clock.advance(took_s)
        raise error

    monkeypatch.setattr(archive._client, "get_object", unanswered)

    with pytest.raises(ArchiveUnavailable):
        archive.get("originals/x", tmp_path / "x")

    assert len(calls) == asked
