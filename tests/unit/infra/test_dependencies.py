"""What is installed is used, and its licenses are permissive; the exceptions are named here."""

import ast
import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
PACKAGES = ("pipeline", "processors", "flows", "infra")

USED_WITHOUT_IMPORT = {
    # name: (a text of ours that uses it, how it is used)
    "ocrmypdf": ('"ocrmypdf"', "is run as a program of its own"),
    "prefect-redis": ("prefect_redis.messaging", "Prefect's server imports it by this setting"),
    "python-multipart": (".form()", "Starlette imports it to parse forms"),
    "rapidocr": ('find_spec("rapidocr")', "its wheel is where the OCR models come from"),
    "symspellpy": (
        'PACKAGE = "symspellpy"',
        "its wheel is where the list of English words comes from",
    ),
}
TOOLS = {
    # Of the development groups: run from the Makefile or by another tool.
    "boto3-stubs": "mypy reads it",
    "import-linter": "lint-imports",
    "mkdocs": "make docs",
    "mkdocs-material": "the theme of the documentation",
    "mkdocstrings-python": "the API reference of the documentation",
    "mypy": "make check",
    "ruff": "make check",
    "setuptools": "Swift imports pkg_resources",
    "swift": "the S3 server of the tests, run as a process",
    "types-dateparser": "mypy reads it",
    "types-jsonschema": "mypy reads it",
    "types-psutil": "mypy reads it",
}

PERMISSIVE = {
    "0BSD",
    "Apache-2.0",
    "BSD",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "CNRI-Python",
    "ISC",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "PSF-2.0",
    "Zlib",
}
OTHER_LICENSES = {
    # name: (license, why it may be a dependency of an Apache-2.0 program)
    "pi-heif": ("LGPL-3.0", "an extra; a shared library that the user can replace"),
    "psycopg": ("LGPL-3.0", "imported unchanged, and only for PostgreSQL"),
    "psycopg-binary": ("LGPL-3.0", "the compiled part of psycopg"),
    "python-stdnum": ("LGPL-2.1", "imported unchanged"),
    "certifi": ("MPL-2.0", "a list of certificates, unchanged; Prefect and httpx need it"),
    "orjson": ("MPL-2.0", "unchanged; Prefect needs it"),
    "pathspec": ("MPL-2.0", "unchanged; Prefect needs it"),
    "text-unidecode": ("Artistic", "unchanged; Prefect needs it for names of runs"),
}
SPELLINGS = {
    # How packages without an SPDX expression write their license.
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "BSD-3-Clause, Apache-2.0, dependency licenses": "BSD-3-Clause AND Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
}


def _name(text: str) -> str:
    """Write a package's name as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", Requirement(text).name).lower()


@cache
def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _default_and_extras() -> set[str]:
    project = _project()["project"]
    extras = [one for listed in project["optional-dependencies"].values() for one in listed]
    return {_name(one) for one in [*project["dependencies"], *extras]}


def _development() -> set[str]:
    listed = [one for group in _project()["dependency-groups"].values() for one in group]
    return {_name(one) for one in listed} - {"caspio-ingest"}


@cache
def _owners() -> dict[str, list[str]]:
    """Map top-level modules to the packages that install them, of which namespaces have several."""
    return dict(metadata.packages_distributions())


@cache
def _imported_in(folder: str) -> set[str]:
    """Return the packages that the Python files in this folder import."""
    modules: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                modules.add(node.module)
    tops = {module.partition(".")[0] for module in modules}
    return {_name(owner) for top in tops for owner in _owners().get(top, [])}


def _imported(folders: Iterable[str]) -> set[str]:
    return {name for folder in folders for name in _imported_in(folder)}


def test_every_dependency_is_imported():
    """A package that a user installs is imported by the shipped code, or this file says what for."""
    idle = _default_and_extras() - _imported(PACKAGES) - set(USED_WITHOUT_IMPORT)

    assert idle == set()


def test_what_is_used_without_an_import_is_used():
    """Each exception is still a dependency, is still not imported, and its use is in our files."""
    texts = [
        path.read_text(encoding="utf-8")
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.suffix in {".py", ".yaml", ".env"}
    ]

    assert set(USED_WITHOUT_IMPORT) <= _default_and_extras()
    assert set(USED_WITHOUT_IMPORT) & _imported(PACKAGES) == set()
    unused = {
        name
        for name, (use, _) in USED_WITHOUT_IMPORT.items()
        if not any(use in text for text in texts)
    }
    assert unused == set()


def test_every_development_dependency_is_used():
    """A package of the development groups is imported, is a plugin of pytest, or is a named tool."""
    plugins = {
        _name(entry.dist.name)
        for entry in metadata.entry_points(group="pytest11")
        if entry.dist is not None
    }

    unused = (
        _development()
        - _imported(("tests", "docs", *PACKAGES))
        - plugins
        - set(TOOLS)
        - set(USED_WITHOUT_IMPORT)
    )

    assert unused == set()
    assert set(TOOLS) <= _development()


def _excluded() -> set[str]:
    """Return what [tool.uv] keeps out of the installation."""
    overrides = _project()["tool"]["uv"]["override-dependencies"]
    return {_name(one) for one in overrides if "'never'" in one}


@cache
def _installed() -> dict[str, metadata.Distribution]:
    """Return all that the default installation and its extras heic and production bring."""
    found: dict[str, metadata.Distribution] = {}
    waiting = [("caspio-ingest", frozenset({"heic", "production"}))]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        found[name] = distribution = metadata.distribution(name)
        for requirement in map(Requirement, distribution.requires or []):
            needed = requirement.marker is None or any(
                requirement.marker.evaluate({"extra": extra}) for extra in {"", *extras}
            )
            one = (_name(requirement.name), frozenset(requirement.extras))
            if needed and one not in seen and one[0] not in _excluded():
                seen.add(one)
                waiting.append(one)
    return found


def _license(distribution: metadata.Distribution) -> str:
    """Return a license as an SPDX expression, from whichever field of the metadata has one."""
    fields = distribution.metadata
    if expression := fields.get("License-Expression"):
        return str(expression)
    classified = [
        one.rpartition(" :: ")[2]
        for one in fields.get_all("Classifier") or []
        if one.startswith("License :: ")
    ]
    # Several classifiers are a choice: no package here says "all of these" in this way.
    written = classified or (fields.get("License") or "").splitlines()[:1]
    return " OR ".join(SPELLINGS.get(one, re.sub("[()]", "", one)) for one in written)


def _is_permissive(expression: str) -> bool:
    """Decide an SPDX expression: of an OR one side has to be permissive, of an AND both."""
    while group := re.search(r"\(([^()]*)\)", expression):
        decided = "MIT" if _is_permissive(group[1]) else "other"
        expression = expression.replace(group[0], decided)
    return any(
        all(name.strip() in PERMISSIVE for name in choice.split(" AND "))
        for choice in expression.split(" OR ")
    )


def test_every_license_is_permissive():
    """Each installed package may be used in a closed product, or is listed with the reason."""
    licenses = {name: _license(distribution) for name, distribution in _installed().items()}

    others = {name: text for name, text in licenses.items() if not _is_permissive(text)}

    assert set(others) == set(OTHER_LICENSES), others
    assert len(licenses) > 100


def test_the_expressions_are_decided():
    """OR is a choice, AND is not, and an unknown license is not permissive."""
    assert _is_permissive("MIT OR LGPL-3.0-only")
    assert _is_permissive("MIT AND (Apache-2.0 OR GPL-3.0)")
    assert not _is_permissive("MPL-2.0 AND (Apache-2.0 OR MIT)")
    assert not _is_permissive("GNU Lesser General Public License v3")
    assert not _is_permissive("")


def test_nothing_excluded_is_installed():
    """What [tool.uv] keeps out is not in the environment."""
    present = {_name(one.name) for one in metadata.distributions()}

    assert _excluded() & present == set()


def test_the_deployment_file_names_the_locked_prefect():
    """infra/prefect.yaml is for the version that the lock file installs."""
    text = (ROOT / "infra/prefect.yaml").read_text(encoding="utf-8")

    assert f"prefect-version: {metadata.version('prefect')}\n" in text
