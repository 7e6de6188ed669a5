"""What a lender of children and a run that borrows one say to each other.

The run names the child that it could start itself, by its digest, and receives the open sockets and
folders of one, with what is known of it. To return it, it says what is known now; whoever closes
the connection without a word wants the child ended. Both sides are processes of one user.
"""

import json
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from processors.sandbox import file_tree
from processors.sandbox.child_process import ChildState
from processors.sandbox.isolation import Granted
from processors.sandbox.kernel.privileges import ChildIdentity

_ADDRESS_BYTES = 100
"""Longer paths are no addresses: Linux takes 107 bytes, macOS 103; unix(7)."""
_LENGTH = struct.Struct("=I")
_MOST_BYTES = 65_536
_PARTS = 4
"""Open files that make up a child: see `ChildProcess.parts`."""
_PEER = struct.Struct("=iII")  # struct ucred: process, user, group; unix(7)
_DARWIN_LOCAL, _DARWIN_PEER = 0, 1  # SOL_LOCAL and LOCAL_PEERCRED; sys/un.h
_DARWIN_PEER_BYTES = 76  # struct xucred: version, user, number of groups, sixteen groups
_CLOSE_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class Gone(Exception):
    """The other side has closed the connection, or says something that it cannot mean."""


@contextmanager
def address(path: Path) -> Iterator[str]:
    """Yield what a Unix socket at this path is bound or connected to, however long the path is.

    Raises:
        OSError: there is no such folder.
    """
    if len(os.fsencode(path)) <= _ADDRESS_BYTES:
        yield str(path)
        return
    with file_tree.opened(path.parent) as folder:
        # Only Linux has it; elsewhere the socket refuses the address, as it would the path.
        yield f"/proc/self/fd/{folder}/{path.name}"


def is_same_user(connection: socket.socket) -> bool:
    """Say whether the process at the other end belongs to the user of this one."""
    try:
        if hasattr(socket, "SO_PEERCRED"):
            data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
            uid = _PEER.unpack(data)[1]
        else:
            data = connection.getsockopt(_DARWIN_LOCAL, _DARWIN_PEER, _DARWIN_PEER_BYTES)
            uid = struct.unpack_from("=II", data)[1]
    except (OSError, struct.error):
        return False
    return bool(uid == os.geteuid())


def receive(connection: socket.socket, size: int) -> bytes:
    """Receive so many bytes; raises Gone, and OSError when it takes too long."""
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise Gone
        data += part
    return data


def send_state(connection: socket.socket, state: ChildState) -> None:
    """Say what is known of a child; raises OSError."""
    data = json.dumps(asdict(state)).encode()
    connection.sendall(_LENGTH.pack(len(data)) + data)


def receive_state(connection: socket.socket) -> ChildState:
    """Receive what is known of a child; raises Gone and OSError."""
    (length,) = _LENGTH.unpack(receive(connection, _LENGTH.size))
    if length > _MOST_BYTES:
        raise Gone
    said: dict[str, Any] = json.loads(receive(connection, length))
    identity, granted = said["identity"], said["granted"]
    if granted is not None:
        granted = Granted(**granted | {"namespaces": tuple(granted["namespaces"])})
    user = ChildIdentity(**identity) if identity is not None else None
    return ChildState(said["pid"], said["documents"], user, granted)


def send_parts(connection: socket.socket, parts: tuple[int, ...]) -> None:
    """Send the open files of a child; raises OSError."""
    socket.send_fds(connection, [b"c"], list(parts))


def receive_parts(connection: socket.socket) -> tuple[int, ...]:
    """Receive the open files of a child, which are the caller's then; raises Gone and OSError."""
    _, parts, _, _ = socket.recv_fds(connection, 1, _PARTS, _CLOSE_ON_EXEC)
    for number in parts:
        os.set_inheritable(number, False)  # noqa: FBT003 - its only form
    if len(parts) != _PARTS:
        for number in parts:
            os.close(number)
        raise Gone
    return tuple(parts)
