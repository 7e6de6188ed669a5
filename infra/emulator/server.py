"""The emulator as a server: in a thread for tests, in the foreground for the command line."""

import asyncio
import socket
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import uvicorn

from infra.emulator.account.account import Account, open_account
from infra.emulator.account.profiles import Profile
from infra.emulator.account.seed import account_name, profiles_of, seed_account
from infra.emulator.app import Components, build_app
from infra.emulator.clock import Clock
from infra.emulator.control.client import Control
from infra.emulator.faults import Faults
from infra.emulator.http.connections import Connections
from infra.emulator.http.rate_limit import RateLimit
from infra.emulator.http.tokens import Tokens
from infra.emulator.quirks import Quirks

_START_S = 20.0
_POLL_S = 0.002
# Longer than a pooled client keeps an idle connection: otherwise a client may write to one that is
# just being closed.
_KEEP_ALIVE_S = 120
# §1.2 (C): an access token lives 24 hours (its answer says 86,399 s), a refresh token a year.
_TOKEN_LIFETIME_S = 86_399
_REFRESH_LIFETIME_S = 365 * 86_400
_DEFAULT_NAME = "account"


class Emulator:
    """A local Caspio with one or more accounts, which the client ids of the tokens select.

    As a context manager it serves from a thread until the block ends; `serve_forever` serves in the
    foreground.

    Args:
        seed: Folder with account.json; read only if `state` is new.
        data_dir: Folder for uploaded bytes. By default a temporary one, or for a `state` in a file
            the folder beside it, with `.files` added to its name.
        port: 0 takes a free one.
        host: Address to listen on. The control interface answers loopback addresses only.
        client_id: Client id with every right on the first account.
        client_secret: Its secret.
        quirks: Choices for behavior that is not settled.
        token_lifetime_s: How long access tokens are valid.
        refresh_lifetime_s: How long refresh tokens are valid.
        more_seeds: Folders of further accounts, each with its own `profiles`.
        rate_limit: The limit of calls of each account; None means no limit.
        state: "memory", or the path of a SQLite file, which is kept.

    Attributes:
        control: Client of the control interface; usable while the emulator serves.
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
        token_lifetime_s: float = _TOKEN_LIFETIME_S,
        refresh_lifetime_s: float = _REFRESH_LIFETIME_S,
        more_seeds: Sequence[Path] = (),
        rate_limit: RateLimit | None = None,
        state: str | Path = "memory",
    ) -> None:
        """Open the accounts and take the port.

        Raises:
            ValueError: a seed or the state cannot be used; the text says what to correct.
            OSError: the port is taken.
        """
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if data_dir is None and str(state) == "memory":
            self._temporary = tempfile.TemporaryDirectory(prefix="emulator-")
            data_dir = Path(self._temporary.name)
        data_dir = (data_dir or Path(f"{state}.files")).resolve()
        self._host = host
        self._faults = Faults()
        self._accounts: dict[str, Account] = {}
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        try:
            _make_folder(data_dir)
            first_name = _DEFAULT_NAME if seed is None else account_name(seed)
            profiles = [Profile(client_id, client_secret, first_name)]
            profiles += self._open_accounts(
                [seed, *more_seeds], state=str(state), data_dir=data_dir, quirks=quirks or Quirks()
            )
            self._socket = _listen(host, port)
        except BaseException:
            self._close()
            raise

        for account in self._accounts.values():
            account.deliveries.url = self.url
        tokens = Tokens(
            profiles, lifetime_s=token_lifetime_s, refresh_lifetime_s=refresh_lifetime_s
        )
        self._server = _server(
            Components(
                accounts=self._accounts,
                tokens=tokens,
                faults=self._faults,
                connections=Connections(),
                rate_limit=rate_limit,
            )
        )
        self.control = Control(self.url)

    def _open_accounts(
        self, seeds: Sequence[Path | None], *, state: str, data_dir: Path, quirks: Quirks
    ) -> list[Profile]:
        """Open an account for each seed and return the profiles of the seeds.

        The first account keeps its state in the file `state`, the others in files beside it.
        """
        clock = Clock()
        profiles: list[Profile] = []
        for number, seed in enumerate(seeds):
            name = _DEFAULT_NAME if seed is None else account_name(seed)
            if name in self._accounts:
                raise ValueError(
                    f"Two seeds are called {name!r}; give one another `name` in its account.json."
                )
            path = state if number == 0 else f"{state}.{name}"
            is_new = state != "memory" and not Path(path).exists()
            try:
                account = open_account(
                    name=name,
                    path=":memory:" if state == "memory" else path,
                    data_dir=data_dir,
                    clock=clock,
                    quirks=quirks,
                    faults=self._faults,
                )
            except sqlite3.Error as error:
                raise ValueError(
                    f"{path} cannot hold the emulator's state: {error}. Name another --state."
                ) from error
            self._accounts[name] = account
            if seed is not None:
                try:
                    seed_account(account, seed)
                    profiles += profiles_of(seed)
                except ValueError:
                    # Half a seed would be in the way of the corrected one.
                    if is_new:
                        account.store.close()
                        Path(path).unlink()
                    raise
        return profiles

    @property
    def port(self) -> int:
        """The port it listens on."""
        if self._socket is None:
            raise OSError("The emulator is closed.")
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """The account's address, without a slash at the end."""
        is_any = self._host in {"0.0.0.0", ""}  # noqa: S104  compared, not bound
        host = "127.0.0.1" if is_any else self._host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + _START_S
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                url = self.url
                self.__exit__()
                raise OSError(
                    f"The emulator did not start on {url}; check whether the port is in use."
                )
            time.sleep(_POLL_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.end()
        if self._thread is not None:
            self._thread.join(timeout=_START_S)
        self._close()

    def serve_forever(self, on_ready: Callable[[str], object] | None = None) -> None:
        """Serve until interrupted; `on_ready` gets the address once connections are accepted."""
        if self._socket is None:
            raise OSError("The emulator is closed.")
        try:
            self._socket.listen()
            if on_ready is not None:
                on_ready(self.url)
            self._server.run(sockets=[self._socket])
        except KeyboardInterrupt:
            return
        finally:
            self._close()

    def _close(self) -> None:
        for account in self._accounts.values():
            account.store.close()
        if self._socket is not None:
            self._socket.close()
        if self._temporary is not None:
            self._temporary.cleanup()


def _make_folder(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(
            f"{data_dir} cannot be made for uploaded bytes: {error.strerror}. Name another --state."
        ) from error


class _Server(uvicorn.Server):
    """Ends at once. Uvicorn's own takes a fifth of a second, which each test would wait for."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ends = asyncio.Event()

    def end(self) -> None:
        """End, and drop what is in progress; called from another thread."""
        self.should_exit = self.force_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended already
                self._loop.call_soon_threadsafe(self._ends.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        endings = {
            asyncio.ensure_future(super().main_loop()),
            asyncio.ensure_future(self._ends.wait()),
        }
        _, others = await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
        for other in others:
            other.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if not self.force_exit:
            await super().shutdown(sockets)
            return
        for listener in (*self.servers, *(sockets or ())):
            listener.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # they are closed now


def _server(components: Components) -> _Server:
    config = uvicorn.Config(
        build_app(components),
        http=components.connections.protocol(),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=_KEEP_ALIVE_S,
    )
    return _Server(config)


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to an address; OSError if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol, asyncio leaves Nagle's algorithm on, which costs 40 ms for each answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    return listening
