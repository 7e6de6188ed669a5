"""Settings of several files, loaded at the same time."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline.settings import load_settings
from tests.unit.pipeline.settings.conftest import MINIMAL


def test_settings_of_two_files_never_mix(tmp_path: Path):
    """Threads that load different files each get their own, again and again."""
    files = [tmp_path / f"{name}.toml" for name in ("oak", "elm")]
    for file in files:
        file.write_text(MINIMAL.replace('"receipts"', f'"{file.stem}"'), encoding="utf-8")

    with ThreadPoolExecutor(4) as threads:
        found = [list(one.specs()) for one in threads.map(load_settings, files * 20)]

    assert found == [["oak"], ["elm"]] * 20
