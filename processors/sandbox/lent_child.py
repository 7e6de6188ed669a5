"""A child that belongs to another process of this user, which lends it for a while."""

import socket
from contextlib import suppress
from pathlib import Path

from processors.contract import Limits
from processors.sandbox import handover
from processors.sandbox.child_folder import OpenFolder
from processors.sandbox.child_process import ChildEnded, ChildProcess, Irregular

_ANSWER_S = 5.0
"""A lender starts a child within milliseconds; on a busy machine it may take a second."""


class LentChild(ChildProcess):
    """A child of a lender, which ends it unless it is returned."""

    def __init__(
        self, connection: socket.socket, parts: tuple[int, ...], *, pid: int, limits: Limits
    ) -> None:
        control, line, documents, own = parts
        self._connection = connection
        super().__init__(
            pid=pid,
            control=socket.socket(fileno=control),
            line=socket.socket(fileno=line),
            folder=OpenFolder(documents=documents, own=own, identity=None),
            limits=limits,
        )
        self._is_back = False

    @property
    def is_new(self) -> bool:
        """Say no: what it saw before, only its lender knows."""
        return False

    def dismiss(self) -> None:
        """Return it, stopped and with nothing of a document; else the lender ends it.

        The lender has it when this returns, unless it takes long: the next run may ask at once.
        """
        with suppress(ChildEnded, Irregular, OSError):
            if self.rest():
                handover.send_state(self._connection, self.state())
                self._is_back = True
                # The lender closes the connection when it has looked at the child.
                self._connection.recv(1)

    def end(self) -> None:
        """Close what leads to it; unless it was returned, it is ended."""
        if not self._is_back:
            self.kill()
        self.close()
        self._connection.close()


def borrow(lender: Path, digest: bytes, *, limits: Limits) -> LentChild | None:
    """Borrow a child with this digest; None where there is none, for whatever reason."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(_ANSWER_S)
        with handover.address(lender) as address:
            connection.connect(address)
        # Another user's program would be given our documents.
        if not handover.is_same_user(connection):
            raise handover.Gone  # noqa: TRY301 - each reason ends alike
        connection.sendall(digest)
        state = handover.receive_state(connection)
        parts = handover.receive_parts(connection)
    except (OSError, handover.Gone):
        connection.close()
        return None
    child = LentChild(connection, parts, pid=state.pid, limits=limits)
    child.go_on(state)
    return child
