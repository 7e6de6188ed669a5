"""The supervisor: the process between the parent and a child.

It makes the namespaces, starts the child, and ends the child with all its programs. It never sees a
document. When the parent is gone or closes its end of the control socket, it ends the child and
everything the child started, waits until the kernel has none of it left, says how the child ended,
and exits. So a parent that has seen the supervisor's report knows that nothing of the child runs
any more.

    parent ── control socket ── supervisor ── (init of the PID namespace) ── child ── programs
       └───────────────────────── line: requests and answers ───────────────────┘
"""

import os
import pickle
import select
import signal
import socket
import struct
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NoReturn

from processors.sandbox import child, process_family
from processors.sandbox.confinement import die_with_parent
from processors.sandbox.kernel import cgroup, libc, namespaces, privileges
from processors.sandbox.kernel.rlimits import MODELS_MIB
from processors.sandbox.launch import (
    ENDED,
    FAILED,
    REPORT,
    RESUME,
    SHARED_MEMORY,
    STARTED,
    STOP,
    STOPPED,
    Launch,
)

_MOST_TRACE = 4096
_LOOK_S = 1.0
_STOP_S = 10.0
_KILLED = -signal.SIGKILL
_FAILED_EXIT = 1


def main(control_number: int, line_number: int) -> None:
    """Start a child, obey the parent, end the child; never return.

    `control_number` and `line_number` are open sockets: this process's to the parent, and the
    child's to the parent. The exit code is 0 only when nothing of the child is left.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    control = socket.socket(fileno=control_number)
    # Only the parent has the other end, so it may be unpickled.
    with control.makefile("rb") as stream:
        (length,) = struct.unpack("=I", stream.read(4))
        launch = pickle.loads(stream.read(length))  # noqa: S301 - only from the parent
    if not isinstance(launch, Launch):
        raise TypeError("the parent sent no launch")
    if libc.LINUX:
        # Programs whose starter ends come back here, so that none is lost.
        libc.prctl(libc.PR_SET_CHILD_SUBREAPER, 1)
    try:
        supervisor = _Supervisor(control, launch, line_number)
        os.close(line_number)
        privileges.hide()
        said, code = REPORT.pack(ENDED, supervisor.run()), 0
    except Exception:  # noqa: BLE001 - the parent logs it: this process has nowhere to
        text = traceback.format_exc(limit=-6).encode("utf-8", "replace")[:_MOST_TRACE]
        said, code = REPORT.pack(FAILED, len(text)) + text, _FAILED_EXIT
    with suppress(OSError):
        control.sendall(said)
    os._exit(code)


class _Supervisor:
    """A child and all it starts, seen from the process that started it."""

    def __init__(self, control: socket.socket, launch: Launch, line_number: int) -> None:
        self._control = control
        self._parent = os.getppid()
        without = launch.confinement.without
        limits = launch.confinement.limits
        self._identity = launch.confinement.identity
        self._group = None
        group_effect = ""
        if "group" not in without:
            bound = round(SHARED_MEMORY * limits.memory_mib) + MODELS_MIB
            self._group = cgroup.create(memory_mib=bound)
        if self._group is not None:
            group_effect = "bounds" if self._group.bounded else "ends"
        self._namespaces = () if "namespaces" in without else namespaces.separate()
        self._codes, codes = os.pipe()
        go, self._go = os.pipe()
        self._first = os.fork()
        if self._first == 0:
            os.close(self._go)
            os.read(go, 1)  # until this process is in its control group
            go_on = partial(
                child.serve,
                launch,
                namespaces=self._namespaces,
                group=group_effect,
                line_number=line_number,
            )
            if "pid" in self._namespaces:
                be_init(codes, go_on, line_number)
            go_on()
        os.close(codes)
        os.close(go)
        if self._group is not None and not self._group.add(self._first):
            self._group = None
        os.write(self._go, b"g")
        os.close(self._go)
        # Readable when a process below this one ends.
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        self._signals = reading
        self._child = self._found_child()
        self._report(STARTED, self._child)

    def _found_child(self) -> int:
        """Return the child's process as the parent sees it: below the init, where there is one."""
        if "pid" not in self._namespaces:
            return self._first
        deadline = time.monotonic() + _STOP_S
        while time.monotonic() < deadline and not process_family.has_ended(self._first):
            children = process_family.children(self._first)
            if children:
                return children[0]
            time.sleep(0.002)
        return self._first

    def run(self) -> int:
        """Follow the parent's requests until the child ends; return its exit code.

        Without a parent, the child is ended.
        """
        while True:
            watched: list[socket.socket | int] = [self._control, self._signals]
            ready, _, _ = select.select(watched, [], [], _LOOK_S)
            if self._signals in ready:
                os.read(self._signals, 512)
            code = self._reaped()
            if code is not None:
                self._end_family()
                return code
            asked = self._control.recv(1) if self._control in ready else None
            if asked == b"" or os.getppid() != self._parent:
                self._end_family()
                return _KILLED
            if asked == STOP:
                self._report(STOPPED, self._stopped())
            elif asked == RESUME:
                self._signal(self._child, signal.SIGCONT)

    def _report(self, kind: bytes, number: int) -> None:
        with suppress(OSError):
            self._control.sendall(REPORT.pack(kind, number))

    def _stopped(self) -> int:
        """Stop the child and count the other processes; -1 where it cannot be stopped."""
        self._signal(self._child, signal.SIGSTOP)
        deadline = time.monotonic() + _STOP_S
        while not process_family.is_stopped(self._child):
            if time.monotonic() > deadline:
                return -1
            time.sleep(0.0005)
        # All but the init and the child.
        return len(process_family.descendants(os.getpid()) - {self._first, self._child})

    def _reaped(self) -> int | None:
        """Reap every process that ended; return the child's exit code if it is among them."""
        code = None
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return code if code is not None else _KILLED
            if pid == 0:
                return code
            if pid == self._first:
                code = os.waitstatus_to_exitcode(status)
                # It is an init in a namespace, which reports the child's code through a pipe.
                said = os.read(self._codes, 4) if "pid" in self._namespaces else b""
                if len(said) == 4:  # noqa: PLR2004 - one int
                    (code,) = struct.unpack("=i", said)

    def _end_family(self) -> None:
        """End the child and all it started, and wait until none is left.

        The end of a PID namespace's init ends all in it. Without one, everything comes back to this
        process when its own parent ends, so no child of this process left means that nothing is
        left.
        """
        if self._group is not None:
            self._group.end()
        self._signal(self._first, signal.SIGKILL)
        if not libc.LINUX:
            # No process can be found by its parent here: the child's process group is all there is.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._first, signal.SIGKILL)
        pause_s = 0.0
        while self._has_children():
            if "pid" not in self._namespaces:
                # All are stopped before any is ended: what is stopped starts nothing.
                if self._identity is not None:
                    end_user(self._identity)
                for number in (signal.SIGSTOP, signal.SIGKILL):
                    for pid in process_family.descendants(os.getpid()):
                        self._signal(pid, number)
            time.sleep(pause_s)
            pause_s = min(0.05, pause_s + 0.001)
        if self._group is not None:
            self._group.end()

    @staticmethod
    def _has_children() -> bool:
        """Reap what ended; say whether anything is left."""
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True

    @staticmethod
    def _signal(pid: int, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def be_init(codes: int, go_on: Callable[[], NoReturn], line_number: int) -> NoReturn:
    """Be the init of a PID namespace: start the child, adopt orphans, end with the child.

    The child is not the first process itself: the kernel spares that one the signals that end
    others, such as the one at the limit of CPU time.
    """
    die_with_parent()
    child = os.fork()
    if child == 0:
        go_on()
    os.close(line_number)
    privileges.hide()
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            os.write(codes, struct.pack("=i", os.waitstatus_to_exitcode(status)))
            os._exit(0)


def end_user(identity: privileges.ChildIdentity) -> None:
    """End every process of a user at once; the kernel lets none of them start another meanwhile."""
    if os.fork() == 0:
        with suppress(OSError):
            privileges.become(identity)
            if os.getresuid() == (identity.uid,) * 3:
                os.kill(-1, signal.SIGKILL)
        os._exit(0)
