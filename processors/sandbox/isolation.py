"""What a child process was granted of the isolation asked for, and the level that amounts to."""

from dataclasses import dataclass
from enum import StrEnum

from processors.sandbox.kernel.landlock import SCOPE_SINCE


class Level(StrEnum):
    """How far a child is isolated from everything else, weakest first."""

    NONE = "none"
    """Limits on resources only: code that took over a child can do what its user can."""
    RESTRICTED = "restricted"
    """It reaches no network, no files but its own, and no other processes."""
    ISOLATED = "isolated"
    """The same twice over: namespaces beside filters, and a user without rights."""

    def reaches(self, other: "Level") -> bool:
        """Say whether this level is at least another one."""
        order = list(Level)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Granted:
    """The isolation and the limits that a child really has.

    The system, or whoever started this program, may grant less than was requested. `namespaces` are
    those of its own (pid, network, ipc, mount, user). `landlock` is the kernel's version, 0 for
    none. `own_user` says that no other process has its user, `as_root` that it is user 0 inside or
    outside a container. `group` says what a control group does for it: "", "ends" or "bounds".
    Limits are None where the kernel sets none.
    """

    namespaces: tuple[str, ...] = ()
    landlock: int = 0
    filtered: bool = False
    own_user: bool = False
    as_root: bool = False
    privileges_dropped: bool = False
    group: str = ""
    memory_mib: int | None = None
    cpu_s: int | None = None
    output_mib: int | None = None
    watched: bool = False

    @property
    def network_closed(self) -> bool:
        """Say whether it can open no connection, to Unix sockets included."""
        return self.filtered or "network" in self.namespaces

    @property
    def files_closed(self) -> bool:
        """Say whether it can read and change no file but its own."""
        # The filter keeps modes and times of files, which Landlock does not; read-only mounts keep
        # all of it.
        return "mount" in self.namespaces or (self.landlock > 0 and self.filtered)

    @property
    def processes_closed(self) -> bool:
        """Say whether it can look into, signal and outlive nothing outside its family."""
        return "pid" in self.namespaces or (self.filtered and (self.own_user or self.landlock > 0))

    @property
    def level(self) -> Level:
        """Return the level that all of it amounts to."""
        closed = self.network_closed and self.files_closed and self.processes_closed
        if not closed or not self.privileges_dropped:
            return Level.NONE
        whole = {"pid", "network", "ipc", "mount"} <= set(self.namespaces)
        if whole and self.filtered and self.landlock and not self.as_root:
            return Level.ISOLATED
        return Level.RESTRICTED

    def missing(self) -> tuple[str, ...]:
        """Name what is not granted and what that leaves open, for an operator."""
        said = []
        for name, left_open in _NAMESPACES.items():
            if name not in self.namespaces:
                said.append(f"no {name} namespace ({left_open})")
        if not self.landlock:
            said.append("no Landlock (other files are kept by mounts only, if at all)")
        elif self.landlock < SCOPE_SINCE and "pid" not in self.namespaces:
            said.append(f"Landlock {self.landlock} (signals are kept by the filter only)")
        if not self.filtered:
            said.append(
                "no system call filter (sockets, modes of files and shared memory are open)"
            )
        if not self.privileges_dropped:
            said.append("the child keeps the rights of its user")
        if self.as_root:
            said.append("the child runs as user 0, without capabilities")
        return tuple(said)


_NAMESPACES = {
    "pid": "programs are found and ended one by one",
    "network": "sockets are kept by the filter only",
    "ipc": "shared memory is kept by the filter only",
    "mount": "other files are kept by Landlock only",
}


def limit_in_words(asked: int, given: int | None, unit: str) -> str:
    """Return a limit in words, and where the system granted less than was asked for, both."""
    if given is None or given >= asked:
        return f"{asked} {unit}"
    return f"{given} {unit}, granted of {asked} asked for"
