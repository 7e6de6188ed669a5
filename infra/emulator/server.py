"""The emulator as a server: in a thread for tests, in the foreground for the command line."""

import socket
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import uvicorn

from infra.emulator.account.account import Account, open_account
from infra.emulator.account.profiles import Profile
from infra.emulator.account.seed import account_name, profiles_of, seed_account
from infra.emulator.app import Parts, build
from infra.emulator.clock import Clock
from infra.emulator.control.client import Control
from infra.emulator.faults import Faults
from infra.emulator.http.connections import Wires
from infra.emulator.http.middleware import RateLimit
from infra.emulator.http.tokens import Tokens
from infra.emulator.quirks import Quirks

_START_S = 20.0
# Longer than a pooled client idles, so that it never writes to a connection that is just closing.
_KEEP_ALIVE_S = 120


class Emulator:
    """A local Caspio with one account, or several that are told apart by whose client id a token was given for.

    As a context manager it serves from a thread until the block ends; `serve_forever` serves in the foreground.

    Attributes:
        control: Client of the control interface; usable while it serves.
    """

    def __init__(
        self,
        *,
        seed: Path | None = None,
        data_dir: Path | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
        client_id: str = "id",
        client_secret: str = "secret",  # noqa: S107  the documented default of a local emulator
        quirks: Quirks | None = None,
        token_lifetime_s: float = 86399,
        refresh_lifetime_s: float = 365 * 86400,
        more_seeds: Sequence[Path] = (),
        rate_limit: RateLimit | None = None,
        state: str | Path = "memory",
    ) -> None:
        """Open the account and take the port.

        Args:
            seed: Folder with account.json; read only where `state` is new.
            data_dir: Folder for uploaded bytes; without it a temporary one, or for a `state` that is kept the folder
                beside it with `.files` added to its name.
            port: 0 takes a free one.
            host: Address to listen on; the control interface answers loopback only, whatever it is.
            client_id: Accepted client id, with every right on the first account.
            client_secret: Accepted client secret.
            quirks: Choices for behaviour that is not settled.
            token_lifetime_s: How long access tokens are good.
            refresh_lifetime_s: How long refresh tokens are good.
            more_seeds: Folders of further accounts, each with `profiles` of its own.
            rate_limit: The account's limit of calls; None is none.
            state: "memory", or the path of a SQLite file that is kept.

        Raises:
            ValueError: the seed cannot be used; the text says what to correct.
            OSError: the port is taken.
        """
        if str(state) != "memory" and data_dir is None:
            data_dir = Path(f"{state}.files")
        self._temporary = (
            tempfile.TemporaryDirectory(prefix="emulator-") if data_dir is None else None
        )
        folder = Path(self._temporary.name if self._temporary else str(data_dir)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        self._faults = Faults()
        self._accounts: dict[str, Account] = {}
        profiles = [
            Profile(client_id, client_secret, account_name(seed) if seed is not None else "account")
        ]
        try:
            profiles += self._open(
                [seed, *more_seeds], state=str(state), folder=folder, quirks=quirks or Quirks()
            )
            self._socket = _listen(host, port)
        except BaseException:
            self._free()
            raise
        self._host = host
        for account in self._accounts.values():
            account.deliveries.url = self.url
        tokens = Tokens(
            profiles, lifetime_s=token_lifetime_s, refresh_lifetime_s=refresh_lifetime_s
        )
        self._server = _server(
            Parts(
                accounts=self._accounts,
                tokens=tokens,
                faults=self._faults,
                wires=Wires(),
                rate_limit=rate_limit,
            )
        )
        self._thread: threading.Thread | None = None
        self.control = Control(self.url)

    def _open(
        self, seeds: Sequence[Path | None], *, state: str, folder: Path, quirks: Quirks
    ) -> list[Profile]:
        """Open an account for each seed and return the profiles they name; the first keeps its state under `state`."""
        clock, profiles = Clock(), []
        for number, seed in enumerate(seeds):
            name = account_name(seed) if seed is not None else "account"
            if name in self._accounts:
                raise ValueError(
                    f"Two seeds are called {name!r}; give one another `name` in its account.json."
                )
            path = ":memory:" if state == "memory" else f"{state}.{name}" if number else state
            account = open_account(
                name=name,
                path=path,
                data_dir=folder,
                clock=clock,
                quirks=quirks,
                faults=self._faults,
            )
            self._accounts[name] = account
            if seed is not None:
                seed_account(account, seed)
                profiles += profiles_of(seed)
        return profiles

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """Return the account's address, without a slash at the end."""
        host = "127.0.0.1" if self._host in {"0.0.0.0", ""} else self._host  # noqa: S104  compared, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + _START_S
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                self.__exit__()
                raise OSError(
                    f"The emulator did not start on {self.url}; see whether the port is in use."
                )
            time.sleep(0.002)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        if self._thread is not None:
            self._thread.join(timeout=_START_S)
        self._free()

    def serve_forever(self, on_ready: Callable[[str], object] | None = None) -> None:
        """Serve until interrupted; `on_ready` is given the address once connections are taken."""
        try:
            self._socket.listen()
            if on_ready is not None:
                on_ready(self.url)
            self._server.run(sockets=[self._socket])
        except KeyboardInterrupt:
            return
        finally:
            self._free()

    def _free(self) -> None:
        for account in self._accounts.values():
            account.store.close()
        listening = getattr(self, "_socket", None)
        if listening is not None:
            listening.close()
        if self._temporary is not None:
            self._temporary.cleanup()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol left open asyncio would not turn off Nagle's algorithm, which costs 40 ms an answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    return listening


def _server(parts: Parts) -> uvicorn.Server:
    config = uvicorn.Config(
        build(parts), http=parts.wires.protocol(), lifespan="off", log_config=None, access_log=False,
        log_level="critical",
        ws="none", timeout_graceful_shutdown=1,
        timeout_keep_alive=_KEEP_ALIVE_S,
    )  # fmt: skip
    return uvicorn.Server(config)
