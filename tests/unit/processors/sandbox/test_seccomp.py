import errno
import os
import socket

import pytest

from processors.sandbox.kernel import libc, seccomp
from processors.sandbox.kernel.syscall_numbers import NUMBERS

MACHINES = tuple(seccomp.ARCHITECTURES)


def judge(lines: list[seccomp.Instruction], architecture: int, number: int, *arguments: int) -> int:
    """Run a filter as the kernel does, over one system call; return its answer."""
    words = {0: number, 4: architecture}
    for index, argument in enumerate(arguments):
        words[16 + 8 * index] = argument & 0xFFFFFFFF
        words[20 + 8 * index] = argument >> 32 & 0xFFFFFFFF
    loaded = at = 0
    while True:
        code, if_true, if_false, operand = lines[at]
        at += 1
        match code:
            case 0x20:
                loaded = words.get(operand, 0)
            case 0x54:
                loaded &= operand
            case 0x06:
                return operand
            case 0x15 | 0x35 | 0x45:
                taken = {0x15: loaded == operand, 0x35: loaded >= operand, 0x45: loaded & operand}
                at += if_true if taken[code] else if_false
            case _:
                raise AssertionError(f"an operation that no filter here uses: {code:#x}")


def answer(
    machine: str, name: str | int, *arguments: int, signals_to: int | None = None
) -> int | None:
    """Return the filter's answer to a call; None where the machine has no such call."""
    architecture, column = seccomp.ARCHITECTURES[machine]
    number = name if isinstance(name, int) else NUMBERS[name][column]
    if number is None:
        return None
    lines = seccomp.program(machine, signals_to=signals_to)
    return judge(lines, architecture, number, *arguments)


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_of_the_list_is_refused(machine: str):
    """Whatever their arguments, the calls that no reader needs are refused."""
    for name in seccomp.REFUSED:
        assert answer(machine, name, 1, 2, 3) in {seccomp.REFUSE, None}, name


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("clone", (libc.CLONE_NEWUSER | 17,), seccomp.REFUSE),
        ("clone", (libc.CLONE_NEWNET,), seccomp.REFUSE),
        ("clone", (0x3D0F00,), seccomp.ALLOW),  # a thread
        ("clone", (17,), seccomp.ALLOW),  # a fork
        ("clone3", (0, 0), seccomp.UNKNOWN),
        ("socketpair", (socket.AF_UNIX, socket.SOCK_STREAM | 0x80000), seccomp.ALLOW),
        ("socketpair", (socket.AF_UNIX, socket.SOCK_DGRAM), seccomp.REFUSE),
        ("socketpair", (socket.AF_INET, socket.SOCK_STREAM), seccomp.REFUSE),
        ("prctl", (libc.PR_SET_DUMPABLE, 0), seccomp.REFUSE),
        ("prctl", (libc.PR_SET_PDEATHSIG, 0), seccomp.REFUSE),
        ("prctl", (15, 0), seccomp.ALLOW),  # the name of a thread
        ("ioctl", (0, 0x5412), seccomp.REFUSE),  # typing into a terminal
        ("ioctl", (0, 0x5401), seccomp.ALLOW),
        ("prlimit64", (0, 7), seccomp.ALLOW),
        ("prlimit64", (os.getpid(), 7), seccomp.ALLOW),
        ("prlimit64", (1, 7), seccomp.REFUSE),
        ("kill", (1, 9), seccomp.ALLOW),
        (1, (1,), seccomp.ALLOW),
        (700, (), seccomp.UNKNOWN),
    ],
)
def test_some_calls_are_refused_for_some_arguments(
    name: str | int, arguments: tuple[int, ...], expected: int, machine: str
):
    """Threads, stream pairs and own limits work; ways out and unknown calls do not."""
    assert answer(machine, name, *arguments) == expected


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", ["kill", "tkill", "tgkill", "rt_sigqueueinfo"])
def test_only_the_process_itself_may_be_signaled(name: str, machine: str):
    """Where others can be seen, signals reach the process itself alone."""
    assert answer(machine, name, 77, 9, signals_to=77) == seccomp.ALLOW
    assert answer(machine, name, 78, 9, signals_to=77) == seccomp.REFUSE
    assert answer(machine, name, 0xFFFFFFFF, 9, signals_to=77) == seccomp.REFUSE


def test_calls_by_another_table_end_the_process():
    """Calls of 32-bit programs and of the x32 interface would be judged by the wrong numbers."""
    lines = seccomp.program("x86_64")

    assert judge(lines, 0x40000003, 102) == seccomp.KILL
    assert judge(lines, 0xC000003E, 0x40000000 | 41) == seccomp.KILL


def test_no_jump_leads_out_of_the_filter():
    """Every jump lands on an instruction, and every instruction fits the kernel's structure."""
    for machine in MACHINES:
        lines = seccomp.program(machine, signals_to=1)
        assert len(lines) < 4096
        for at, line in enumerate(lines):
            assert max(line.if_true, line.if_false) <= 255
            if line.code in {0x15, 0x35, 0x45}:
                assert at + 1 + max(line.if_true, line.if_false) < len(lines)


def test_refusals_are_errors_that_programs_know():
    """A refused call fails as without rights, an unknown one as on an older kernel."""
    assert seccomp.REFUSE & 0xFFFF == errno.EPERM
    assert seccomp.UNKNOWN & 0xFFFF == errno.ENOSYS
