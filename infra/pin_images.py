"""Pin the images of others by digest: `make pin-images` asks their registries, and rewrites files.

A tag is a name that its owner moves; a digest names bytes. The tag stays in the reference, to show
what it is and to ask for it again.
"""

import hashlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
FILES = (
    "infra/Dockerfile",
    "infra/compose.yaml",
    "infra/compose.production.yaml",
    ".devcontainer/devcontainer.json",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "infra/kubernetes").glob("*.yaml")),
)
"""The files that name images."""

OWN = "caspio-ingest"
"""The image that is built here."""

# What names an image: FROM and the frontend of a Dockerfile, `image:` in YAML, "image" in JSON.
_NAMED = re.compile(
    r"""^(?P<before>\s*(?:FROM(?:[ ]--\S+)*|\#[ ]syntax[ ]?=|image:|"image":[ ]")\s*)
    (?P<reference>[^\s\#"]+)""",
    re.MULTILINE | re.VERBOSE,
)
_REFERENCE = re.compile(
    r"(?P<name>[a-z0-9./_-]+)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_HUB = "registry-1.docker.io"
# Only lists of images for several processors: the digest of one image would fit one processor.
_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Reference:
    """An image as a file names it; `tag` and `digest` are "" where it has none."""

    name: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}" + (f"@{self.digest}" if self.digest else "")


def references(text: str) -> Iterator[Reference]:
    """Yield the images of others that a file names.

    Raises:
        ValueError: a reference cannot be read.
    """
    for found in _NAMED.finditer(text):
        reference = _read(found["reference"])
        if reference is not None:
            yield reference


def _read(text: str) -> Reference | None:
    """Return a reference; None for the image that is built here or is given when it is used."""
    if text.startswith(("${", "&")) or text.split(":", maxsplit=1)[0] == OWN:
        return None
    found = _REFERENCE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a reference to an image.")
    return Reference(found["name"], found["tag"] or "", found["digest"] or "")


def pinned(text: str, digest_of: Callable[[Reference], str]) -> str:
    """Return a file's text with the digest of each tag."""

    def pin(found: re.Match[str]) -> str:
        reference = _read(found["reference"])
        if reference is None:
            return found[0]
        digest = digest_of(reference)
        return found["before"] + str(Reference(reference.name, reference.tag, digest))

    return _NAMED.sub(pin, text)


class Registries:
    """Asks the registries of images, without credentials.

    Args:
        client: What asks them.
        addresses: Where a registry is, if not at https:// and its name.
    """

    def __init__(self, client: httpx.Client, addresses: Mapping[str, str] | None = None) -> None:
        self._client = client
        self._addresses = addresses or {}
        self._known: dict[tuple[str, str], str] = {}

    def digest(self, reference: Reference) -> str:
        """Return what a tag names now, computed of the bytes that the registry returned.

        Raises:
            ValueError: the registry has no list of images under this tag, or lies about its digest.
            httpx.HTTPError: it cannot be reached or refuses.
        """
        key = (reference.name, reference.tag)
        if key not in self._known:
            self._known[key] = self._ask(reference)
        return self._known[key]

    def _ask(self, reference: Reference) -> str:
        registry, repository = _place(reference.name)
        address = self._addresses.get(registry, f"https://{registry}")
        url = f"{address}/v2/{repository}/manifests/{reference.tag or 'latest'}"
        headers = {"Accept": ", ".join(_INDEXES)}
        answer = self._client.get(url, headers=headers)
        if answer.status_code == _UNAUTHORIZED:
            headers["Authorization"] = f"Bearer {self._token(answer)}"
            answer = self._client.get(url, headers=headers)
        answer.raise_for_status()
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        if kind not in _INDEXES:
            raise ValueError(f"{reference} is not a list of images for several processors.")
        digest = f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
        if answer.headers.get("Docker-Content-Digest", digest) != digest:
            raise ValueError(f"{reference}: the registry names another digest than it sends.")
        return digest

    def _token(self, refusal: httpx.Response) -> str:
        challenge = dict(_CHALLENGE.findall(refusal.headers.get("WWW-Authenticate", "")))
        asked = {name: challenge[name] for name in ("service", "scope") if name in challenge}
        answer = self._client.get(challenge.get("realm", ""), params=asked)
        answer.raise_for_status()
        return str(answer.json()["token"])


def _place(name: str) -> tuple[str, str]:
    """Return the registry and the repository of an image's name."""
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first):
        return (_HUB if first == "docker.io" else first), rest
    return _HUB, name if slash else f"library/{name}"


def pin_files(root: Path, files: Iterable[str], registries: Registries) -> list[str]:
    """Pin every image in these files, and return what changed."""
    changes: list[str] = []
    for name in files:
        path = root / name
        text = path.read_text(encoding="utf-8")
        new = pinned(text, registries.digest)
        before, after = list(references(text)), list(references(new))
        changes += [f"{name}: {now}" for was, now in zip(before, after, strict=True) if was != now]
        if new != text:
            path.write_text(new, encoding="utf-8")
    return changes


def main() -> int:
    """Pin the files of this checkout."""
    with httpx.Client(timeout=30, follow_redirects=True) as client:
        try:
            changes = pin_files(ROOT, FILES, Registries(client))
        except (httpx.HTTPError, ValueError) as error:
            sys.stderr.write(f"Not everything is pinned: {error}\n")
            return 1
    sys.stdout.write("\n".join(changes or ["Every digest is as it was."]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
