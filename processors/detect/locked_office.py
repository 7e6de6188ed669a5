"""Office files behind a password: opened with the configured ones, never with guesses."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.model import ReadStatus
from processors.contract import Unreadable

_DEFAULT = (
    "VelvetSweatshop"  # what Excel itself uses for workbooks that are locked against writing only
)
_STRAY = (OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


def unlocked(path: Path, work_dir: Path, passwords: Sequence[str]) -> Path:
    """Write the file without its password into the work folder and return it.

    Raises:
        Unreadable: ENCRYPTED, no configured password fits.
    """
    import msoffcrypto
    from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError

    target = work_dir / "unlocked"
    broken = (
        DecryptionError,
        FileFormatError,
        InvalidKeyError,
        ParseError,
        NotImplementedError,
        *_STRAY,
    )
    for password in (_DEFAULT, *passwords):
        try:
            with path.open("rb") as source, target.open("wb") as plain:
                office = msoffcrypto.OfficeFile(source)
                office.load_key(password=password)
                office.decrypt(plain)
        except broken:
            target.unlink(missing_ok=True)
            continue
        return target
    raise Unreadable(
        ReadStatus.ENCRYPTED,
        "The Office file is protected by a password; save it without one, or add the password to processing.passwords.",
    )
