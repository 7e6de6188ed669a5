"""Files for this user only: they hold names and values of documents."""

import os
import stat


def private(path: str, flags: int) -> int:
    """Open a file that only this user may read; an `opener` for `open`.

    A regular file that exists already and is written loses the rights that others had.
    """
    handle = os.open(path, flags, 0o600)
    try:
        found = os.fstat(handle)
        mode = stat.S_IMODE(found.st_mode)
        # What the umask took away stays away, and a device or a pipe keeps its mode.
        if flags & (os.O_WRONLY | os.O_RDWR) and stat.S_ISREG(found.st_mode) and mode & ~0o600:
            os.fchmod(handle, mode & 0o600)
    except BaseException:
        os.close(handle)
        raise
    return handle
