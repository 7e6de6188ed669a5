"""Reading, trying and replacing the settings file, and loading it again when it has changed."""

import os
import threading
from pathlib import Path

import pytest

from flows.app.mapping.live_settings import LiveSettings
from flows.app.mapping.settings_file import read_settings_file, replace_settings
from flows.app.settings import load_settings
from pipeline.errors import BadSettings
from pipeline.settings import Settings

TEXT = """# ours
[caspio]
url = "https://a.caspio.com"
[[sources]]
name = "one"
table = "T"
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file that only its owner may read."""
    for name in ("CASPIO_CLIENT_ID", "CASPIO_CLIENT_SECRET"):
        monkeypatch.setenv(name, "x")
    path = tmp_path / "caspio-ingest.toml"
    path.write_text(TEXT, encoding="utf-8")
    path.chmod(0o600)
    return path


def left_over(config: Path) -> list[str]:
    """Return the names beside the settings file."""
    return sorted(path.name for path in config.parent.iterdir() if path != config)


def test_a_file_is_replaced_at_once_and_keeps_its_rights(config: Path):
    """The new text is there whole, with the rights of the old one, and nothing else is left."""
    seen = read_settings_file(config).digest
    kept = replace_settings(config, TEXT.replace('"one"', '"two"'), seen=seen)

    assert list(load_settings(config).specs()) == ["two"]
    assert kept.digest == read_settings_file(config).digest != seen
    assert config.stat().st_mode & 0o777 == 0o600
    assert left_over(config) == []


def test_a_file_that_changed_since_is_not_replaced(config: Path):
    """What somebody else saved meanwhile is not lost."""
    seen = read_settings_file(config).digest
    config.write_text(TEXT + "# edited\n", encoding="utf-8")

    with pytest.raises(BadSettings, match="has changed since it was shown"):
        replace_settings(config, TEXT, seen=seen)
    assert config.read_text(encoding="utf-8").endswith("# edited\n")
    assert left_over(config) == []


@pytest.mark.parametrize("more", ["secret = 1", "[[sources]]\nname = 'one'\ntable = 'T'", "[["])
def test_what_would_not_load_is_not_written(config: Path, more: str):
    """Settings that no run could load never replace those that it can; the message names the file."""
    seen = read_settings_file(config).digest
    with pytest.raises(BadSettings) as caught:
        replace_settings(config, f"{TEXT}{more}\n", seen=seen)

    assert read_settings_file(config).text == TEXT
    assert all(".new" not in problem for problem in caught.value.problems)


def test_a_link_is_not_replaced(config: Path, tmp_path: Path):
    """A file that is mounted from elsewhere would be cut off from where it is kept."""
    link = tmp_path / "linked.toml"
    link.symlink_to(config)

    with pytest.raises(BadSettings, match="kept elsewhere"):
        replace_settings(link, TEXT, seen=read_settings_file(link).digest)


def test_of_many_who_write_at_once_one_succeeds(config: Path):
    """Whoever comes second finds that the file has changed, and overwrites nothing."""
    seen = read_settings_file(config).digest
    outcomes: list[str] = []

    def write(name: str) -> None:
        try:
            replace_settings(config, TEXT.replace('"one"', f'"{name}"'), seen=seen)
        except BadSettings:
            outcomes.append("refused")
        else:
            outcomes.append(name)

    threads = [threading.Thread(target=write, args=(f"source{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (winner,) = (name for name in outcomes if name != "refused")
    assert list(load_settings(config).specs()) == [winner]
    assert len(outcomes) == 6
    assert left_over(config) == []


def test_the_file_of_one_account_is_replaced_as_what_it_is(tmp_path: Path):
    """Among several accounts a new text is loaded as that account's, and what it may not have is refused."""
    (tmp_path / "caspio-ingest.toml").write_text("", encoding="utf-8")
    folder = tmp_path / "accounts.d"
    folder.mkdir()
    account = folder / "acme.toml"
    account.write_text(TEXT, encoding="utf-8")
    seen = read_settings_file(account).digest
    with pytest.raises(BadSettings):
        replace_settings(account, f'{TEXT}\n[archive]\nkey = "x"\n', seen=seen)
    replace_settings(account, TEXT.replace('"one"', '"two"'), seen=seen)

    assert list(load_settings(account, credentials=False).specs()) == ["two"]
    assert [path.name for path in folder.iterdir()] == ["acme.toml"]


def live(config: Path) -> LiveSettings:
    """Return the settings as a program that runs for long keeps them."""
    return LiveSettings(config, load_settings(config), load_settings)


def test_a_changed_file_is_loaded_once(config: Path):
    """The next look finds the change, and the one after it nothing new."""
    kept = live(config)
    first = kept.refresh()
    config.write_text(TEXT.replace('"one"', '"other"'), encoding="utf-8")

    assert [first, kept.refresh(), kept.refresh()] == [False, True, False]
    assert list(kept.settings.specs()) == ["other"]
    assert kept.digest == read_settings_file(config).digest


def test_settings_that_do_not_load_leave_those_before(config: Path):
    """A file in the middle of an edit stops nothing; the problem is kept to be shown, until it is gone."""
    kept = live(config)
    config.write_text("[caspio", encoding="utf-8")
    broken = kept.refresh(), kept.problems
    config.unlink()
    gone = kept.refresh(), kept.problems
    config.write_text(TEXT, encoding="utf-8")
    again = kept.refresh()

    assert not broken[0]
    assert "is not TOML" in broken[1][0]
    assert not gone[0]
    assert "no settings file" in gone[1][0]
    assert (again, kept.problems, list(kept.settings.specs())) == (True, (), ["one"])


def test_a_change_that_could_not_be_loaded_is_loaded_by_the_next_look(config: Path):
    """An error that is none of the settings, as of a full table of files, loses no change."""
    failures = [OSError("Too many open files")]

    def load(path: Path) -> Settings:
        if failures:
            raise failures.pop()
        return load_settings(path)

    kept = LiveSettings(config, load_settings(config), load)
    config.write_text(TEXT.replace('"one"', '"other"'), encoding="utf-8")

    with pytest.raises(OSError, match="Too many"):
        kept.refresh()

    assert kept.refresh()
    assert list(kept.settings.specs()) == ["other"]


def test_a_file_that_was_only_touched_is_not_loaded_again(config: Path):
    """Saving without a change is no change."""
    kept = live(config)
    os.utime(config, ns=(1, 1))

    assert not kept.refresh()


def test_many_threads_load_a_change_once(config: Path):
    """Requests that come together agree on one loading."""
    loaded: list[Path] = []

    def load(path: Path) -> Settings:
        loaded.append(path)
        return load_settings(path)

    kept = LiveSettings(config, load_settings(config), load)
    config.write_text(TEXT.replace('"one"', '"other"'), encoding="utf-8")
    threads = [threading.Thread(target=kept.refresh) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(loaded) == 1
