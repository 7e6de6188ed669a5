"""Extract the schemas of the kinds that infra/kubernetes uses from the package kubernetes-validate.

    uv run --with kubernetes-validate python tests/resources/kubernetes/extract.py

The package carries every kind of eleven versions, which is 108 MB; of the two versions that the
tests need, the kinds below are under 200 KB. Descriptions are left out: nothing reads them.
"""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

VERSIONS = ("1.28", "1.35")
KINDS = (
    "io.k8s.api.apps.v1.Deployment",
    "io.k8s.api.batch.v1.Job",
    "io.k8s.api.core.v1.Namespace",
    "io.k8s.api.core.v1.Secret",
    "io.k8s.api.core.v1.Service",
    "io.k8s.api.core.v1.ServiceAccount",
    "io.k8s.api.networking.v1.NetworkPolicy",
    "io.k8s.api.policy.v1.PodDisruptionBudget",
)
FOLDER = Path(__file__).parent
_PREFIX = "#/$defs/"


def extract(definitions: dict[str, Any]) -> dict[str, Any]:
    """Return these kinds and the definitions that they refer to, sorted by name."""
    found: dict[str, Any] = {}
    waiting = list(KINDS)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _shorten(definitions[name], waiting)
    return dict(sorted(found.items()))


def _shorten(value: Any, referred: list[str]) -> Any:
    """Copy a schema without descriptions; add the definitions that it refers to to `referred`."""
    if isinstance(value, list):
        return [_shorten(one, referred) for one in value]
    if not isinstance(value, dict):
        return value
    copy: dict[str, Any] = {}
    for key, one in value.items():
        if key == "$ref":
            name = one.rpartition("/")[2]
            referred.append(name)
            copy[key] = _PREFIX + name
        elif not (key == "description" and isinstance(one, str)) and not key.startswith("x-"):
            copy[key] = _shorten(one, referred)
    return copy


def main() -> None:
    """Write one file for each version."""
    spec = importlib.util.find_spec("kubernetes_validate")
    if spec is None or spec.origin is None:
        sys.exit("kubernetes-validate is not installed; the docstring of this file has the command")
    schemas = Path(spec.origin).parent / "kubernetes-json-schema"
    for version in VERSIONS:
        file = schemas / f"v{version}.0-local-strict" / "_definitions.json"
        definitions = json.loads(file.read_text(encoding="utf-8"))["$defs"]
        text = json.dumps({"$defs": extract(definitions)}, separators=(",", ":"))
        (FOLDER / f"{version}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
