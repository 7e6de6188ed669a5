from pathlib import Path

from pipeline.adapters.caspio.scratch_store import ListedFile, PathRow, scratch


def test_files_come_back_in_order_a_page_at_a_time(tmp_path: Path) -> None:
    """All files come back once, in order, at most a thousand at a time."""
    with scratch(tmp_path) as store:
        store.add_files(ListedFile(f"/In/{n:05}.pdf", n, "d") for n in reversed(range(2500)))
        pages = list(store.pages())

    assert [len(page) for page in pages] == [1000, 1000, 500]
    assert [file.size_bytes for page in pages for file in page] == list(range(2500))


def test_paths_are_one_whatever_their_case(tmp_path: Path) -> None:
    """A path is found as SQL Server compares it, with its slash or without."""
    with scratch(tmp_path) as store:
        store.add_files([ListedFile("/In/A.pdf", 1, "d")])

        assert store.file("in/a.PDF") == ListedFile("/In/A.pdf", 1, "d")


def test_lowest_pk_holds_the_path(tmp_path: Path) -> None:
    """Of rows with the same path the lowest PK_ID wins; FILE fields come before an index."""
    with scratch(tmp_path) as store:
        store.add_rows([("/a", PathRow("Index", "Path", "1", {}))], rank=1)
        store.add_rows(
            [("/a", PathRow("B", "F", "10", {"X": 1.5})), ("/a", PathRow("C", "F", "9", {}))],
            rank=0,
        )
        store.add_rows([("/a", PathRow("D", "F", "9", {}))], rank=0)

        assert store.row("/A") == PathRow("C", "F", "9", {})
        assert store.row("/b") is None


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """The database file is gone after use."""
    with scratch(tmp_path / "deep"):
        assert any((tmp_path / "deep").iterdir())

    assert not any((tmp_path / "deep").iterdir())
