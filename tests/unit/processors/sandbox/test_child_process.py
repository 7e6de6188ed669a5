import socket

import pytest

from processors.sandbox.child_process import ChildEnded, ChildProcess


def test_a_supervisor_killed_before_it_took_a_request_has_ended():
    """Its socket is reset then, and not only closed: the child is replaced all the same."""
    child = object.__new__(ChildProcess)
    child._control, supervisor = socket.socketpair()
    child._report = b""
    child._control.sendall(b"a request")
    supervisor.close()

    with child._control, pytest.raises(ChildEnded):
        child._receive()
