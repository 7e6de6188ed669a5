"""Addresses in settings: credentials leave this machine encrypted, or not at all."""

from urllib.parse import SplitResult, urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def split_encrypted(url: str) -> SplitResult:
    """Split an address that is reached with https.

    Raises:
        ValueError: it is another one. Plain http is enough only where it does not leave this
            machine.
    """
    parts = urlsplit(url)
    is_local = parts.scheme == "http" and parts.hostname in LOOPBACK
    if parts.scheme != "https" and not is_local:
        raise ValueError("must begin with https:// (plain http only for this machine)")
    return parts


def ledger_owner(url: str) -> str:
    """Return what names the account of a ledger; "" where the address has none.

    A local Caspio takes a free port each time: all of this machine are one.
    """
    host = account_host(url)
    return "localhost" if host and urlsplit(url).hostname in LOOPBACK else host


def account_host(url: str) -> str:
    """Return what names the account in its address, in lower case; "" where there is none."""
    return urlsplit(url).netloc.rpartition("@")[2].lower().removesuffix(":443")
