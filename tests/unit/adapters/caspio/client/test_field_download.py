"""What downloaded files are called."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from pipeline.adapters.caspio.client.bulk.field_download import local_name


@pytest.mark.parametrize(
    ("pk", "name", "local"),
    [
        ("1", "a.pdf", "1-a.pdf"),
        ("1", "../../etc/passwd", "1-.._.._etc_passwd"),
        ("1", "a\x00b\\c:d.pdf", "1-a_b_c_d.pdf"),
        ("1", "CON", "1-CON"),
        ("1", ".bashrc", "1-.bashrc"),
        ("1,2", "ä.pdf", "1,2-ä.pdf"),
        ("1", "x" * 300 + ".pdf", "1-" + "x" * 194 + ".pdf"),
        ("1", "", "1-"),
    ],
)
def test_local_name_is_safe(pk: str, name: str, local: str) -> None:
    """No name leaves the folder, hides, is reserved or is too long."""
    assert local_name(pk, name) == local


@given(st.integers(1, 10**12), st.text())
def test_local_name_is_one_name(pk: int, name: str) -> None:
    """A local name is one part of a path, not too long, and begins with its record."""
    local = local_name(str(pk), name)

    assert Path(local).name == local
    assert local.startswith(f"{pk}-")
    assert len(local.encode()) <= 200
    assert not set(local) & set('/\\:*?"<>|\0')


def test_strange_pk_still_has_a_name_of_its_own() -> None:
    """A PK_ID that no table has cannot make two records share a name."""
    assert local_name("a/b", "x") != local_name("a_b", "x")
