"""How long the archive waits for a store."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import IncompleteReadError, ReadTimeoutError

from pipeline.adapters.s3_archive import S3Archive
from pipeline.errors import ArchiveUnavailable
from tests.fakes.clock import FakeClock


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
    archive = S3Archive(
        "bucket",
        endpoint_url="http://127.0.0.1:1",
        region="us-east-1",
        access_key_id="any",
        secret_access_key="any",
        clock=clock,
    )

    def unanswered(**options: Any) -> None:
        calls.append(options["Key"])
        clock.advance(took_s)
        raise error

    monkeypatch.setattr(archive._client, "get_object", unanswered)

    with pytest.raises(ArchiveUnavailable):
        archive.get("originals/x", tmp_path / "x")

    assert len(calls) == asked
