"""`demo`: everything on this machine, with sample documents."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.common import (
    AsJson,
    err,
    print_json,
    set_up_logs,
)
from pipeline.errors import ServiceUnavailable

if TYPE_CHECKING:
    from flows.prefect.demo import DemoResult


def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Where the demo keeps everything.")] = Path(
        "demo"
    ),
    keep_open: Annotated[
        bool | None,
        typer.Option(
            "--keep-open/--no-keep-open",
            help="Keep the web page and the Prefect UI running (default: in a terminal).",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show it all on this machine, with sample documents.

    A local Caspio, an archive, a ledger and Prefect with its UI are started, and stopped again. In
    a terminal the web page is served at the end, where documents wait for a decision.
    """
    from flows.prefect.demo import played

    set_up_logs()
    console = err()
    with ended_by_signals(), played(folder, console) as result:
        show_result(result, as_json=as_json)
        # A script that calls the demo must get its prompt back; a user wants to look around.
        if keep_open or (keep_open is None and sys.stdout.isatty() and not as_json):
            with suppress(KeyboardInterrupt), page_of(result.config, result.environment) as link:
                for line, style in invitation(result, link):
                    console.print(line, style=style, soft_wrap=True)
                threading.Event().wait()


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """End what runs inside as Ctrl-C does when a signal asks the process or its terminal to end.

    By themselves these signals end a process at once, and leave the page and the server running.
    """

    def end(*_: object) -> None:
        # A second signal must not interrupt the stopping of what was started.
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    # A signal that `nohup` has set to be ignored stays ignored.
    before = {number: handler for number, handler in before.items() if handler != signal.SIG_IGN}
    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def page_of(config: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Serve the web page as a user would, at web.listen; yield a link that signs in.

    Raises:
        ServiceUnavailable: the page does not answer within as many seconds as Prefect's server may
            take on such a machine.
    """
    # In a session of its own: Ctrl-C ends this process first, which then stops the page.
    command = [sys.executable, "-m", "flows.cli", "web"]
    options = ["--config", str(config)]
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*command, "serve", *options],
        env=environment,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        made = subprocess.run(  # noqa: S603 - our own command
            [*command, "login", "Demo", "--role", "admin", *options],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        link = made.stdout.strip()
        wait_until_answering(link, process)
        yield link
    finally:
        process.terminate()
        process.wait()


def wait_until_answering(address: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a page answers.

    Raises:
        ServiceUnavailable: it does not, or its process has ended.
    """
    import httpx

    from flows.prefect.server import START_S

    end = time.monotonic() + START_S
    # Opening the link does not use it up: only its button does.
    while time.monotonic() < end and process.poll() is None:
        with suppress(httpx.TransportError):
            if httpx.get(address, timeout=5, trust_env=False).is_success:
                return
        time.sleep(0.1)
    raise ServiceUnavailable("The web page did not start; `caspio-ingest web serve` says why.")


def invitation(result: "DemoResult", link: str) -> list[tuple[str, str]]:
    """Return what is open at the end of the demo: its lines, each with its style."""
    return [
        ("", ""),
        ("Documents wait for a decision. The web page, by a link that signs in once:", "bold"),
        (f"  {link}", "cyan"),
        (f"  Another link: caspio-ingest web login NAME --config {result.config}", ""),
        ("The Prefect UI:", "bold"),
        (f"  {result.ui}", "cyan"),
        ("Both and the local Caspio stay up; Ctrl-C ends the demo.", "bold"),
    ]


def show_result(result: "DemoResult", *, as_json: bool) -> None:
    """Print the result of the demo."""
    if as_json:
        print_json(result.as_json())
    else:
        from flows.cli.show.demo import show_demo

        show_demo(result)
