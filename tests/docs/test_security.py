import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_promise_names_tests_that_exist():
    """Each row of the table of promises names a test, and each test that is named is there."""
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    table = page.partition("| promise |")[2].partition("\n\n")[0]
    rows = table.splitlines()[2:]

    assert len(rows) > 10
    for row in rows:
        named = re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", row)
        assert named, row
        for file, test in named:
            path = ROOT / file if "/" in file else ROOT / "tests/hostile/children" / file
            assert not test or f"def {test}(" in path.read_text(encoding="utf-8"), row
