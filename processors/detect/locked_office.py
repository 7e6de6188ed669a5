"""Decrypt Office files with the configured passwords. Passwords are never guessed."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.model import ReadStatus
from processors.contract import Unreadable

# Excel encrypts workbooks that are protected only against changes with this password, which every
# program knows, so that they open without asking.
_EXCEL_DEFAULT_PASSWORD = "VelvetSweatshop"  # noqa: S105 - public, see above
_MALFORMED = (OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


def unlocked(path: Path, work_dir: Path, passwords: Sequence[str]) -> Path:
    """Write the decrypted file into the work folder and return its path.

    Raises:
        Unreadable: ENCRYPTED, no configured password opens it.
    """
    import msoffcrypto
    from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError

    refusals = (
        DecryptionError,
        FileFormatError,
        InvalidKeyError,
        ParseError,
        NotImplementedError,
        *_MALFORMED,
    )
    target = work_dir / "unlocked"
    for password in (_EXCEL_DEFAULT_PASSWORD, *passwords):
        try:
            with path.open("rb") as source, target.open("wb") as decrypted:
                office = msoffcrypto.OfficeFile(source)
                office.load_key(password=password)
                office.decrypt(decrypted)
        except refusals:
            target.unlink(missing_ok=True)
            continue
        return target
    raise Unreadable(
        ReadStatus.ENCRYPTED,
        "The Office file is protected by a password. "
        "Save it without one, or add the password to CASPIO_INGEST_PROCESSING__PASSWORDS.",
    )
