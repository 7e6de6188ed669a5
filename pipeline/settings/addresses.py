"""Addresses in settings: credentials leave this machine encrypted, or not at all."""

from contextlib import suppress
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


def account_host(url: str) -> str:
    """Return what names the account in its address: host and port, however they are spelled.

    It is "" for an address without a host.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").removesuffix(".")
    if not host.isascii():
        with suppress(UnicodeError):  # what cannot be a host has no other spelling
            host = host.encode("idna").decode()
    name = f"[{host}]" if ":" in host else host
    usual = 80 if parts.scheme == "http" else 443
    return name if parts.port in {None, usual} else f"{name}:{parts.port}"
