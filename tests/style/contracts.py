"""Import contracts of the repository, and imports that violate each of them."""

import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Violation:
    """An import that a contract forbids: `importer` would import `imported`."""

    contract: str
    importer: str
    imported: str


def settings() -> Mapping[str, Any]:
    """Return the settings of import-linter."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found: Mapping[str, Any] = tomllib.loads(text)["tool"]["importlinter"]
    return found


def violations() -> Iterator[Violation]:
    """Yield, for every contract, imports that it forbids: at least one for each of its rules."""
    for contract in settings()["contracts"]:
        match contract["type"]:
            case "layers":
                yield from _against_layers(contract)
            case "forbidden":
                yield from _against_forbidden(contract)
            case "independence":
                one, other, *_ = [name for entry in contract["modules"] for name in expanded(entry)]
                yield Violation(contract["name"], one, other)
            case kind:
                raise AssertionError(f"say here how a contract of type {kind!r} is violated")


def _against_layers(contract: Mapping[str, Any]) -> Iterator[Violation]:
    """Yield, for each container, imports between neighbors and to the layer above."""
    for container in contract.get("containers", [""]):
        prefix = f"{container}." if container else ""
        layers = [
            [name.strip(" ()") for name in layer.replace(":", "|").split("|")]
            for layer in contract["layers"]
        ]
        for layer in layers:
            if len(layer) > 1:
                yield Violation(contract["name"], prefix + layer[0], prefix + layer[1])
        for higher, lower in pairwise(layers):
            yield Violation(contract["name"], prefix + lower[0], prefix + higher[0])


def _against_forbidden(contract: Mapping[str, Any]) -> Iterator[Violation]:
    """Yield one import of each forbidden module, by the first module that may not import it."""
    sources = [name for entry in contract["source_modules"] for name in expanded(entry)]
    for entry in contract["forbidden_modules"]:
        importer, forbidden = next(
            (source, module)
            for source, module in product(sources, expanded(entry))
            if f"{source}." not in f"{module}." and not _is_ignored(source, module, contract)
        )
        yield Violation(contract["name"], importer, forbidden)


def expanded(name: str) -> list[str]:
    """Return the modules that a name with a `*` at its end means; any other name is itself."""
    parent, _, last = name.rpartition(".")
    if last not in {"*", "**"}:
        return [name]
    folder = ROOT / parent.replace(".", "/")
    names = {path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()}
    return [f"{parent}.{name}" for name in sorted(names) if not name.startswith("__")]


def _is_ignored(importer: str, imported: str, contract: Mapping[str, Any]) -> bool:
    return any(
        line.replace(" ", "").split("->")[0].rstrip(".*").startswith(importer)
        and line.replace(" ", "").split("->")[1].startswith(imported)
        for line in contract.get("ignore_imports", ())
    )


def copied_packages(target: Path, found: Sequence[Violation]) -> None:
    """Copy the repository's packages, with these imports planted in them."""
    for package in settings()["root_packages"]:
        shutil.copytree(
            ROOT / package,
            target / package,
            ignore=lambda _, names: [n for n in names if "." in n and not n.endswith(".py")],
        )
    shutil.copy(ROOT / "pyproject.toml", target)
    for violation in found:
        file = target / violation.importer.replace(".", "/")
        file = file / "__init__.py" if file.is_dir() else file.with_suffix(".py")
        with file.open("a", encoding="utf-8") as lines:
            lines.write(f"\nimport {violation.imported}\n")
