"""Ask for an account's address and credentials until it answers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from flows.app.onboarding.access import Access
from pipeline.errors import IngestError

ADDRESS = "The account's address, such as https://abc12345.caspio.com"


class AccessDialog(Protocol):
    """A user who can be asked, also for a secret."""

    def ask(self, question: str) -> str:
        """Ask a question, and return the answer without blanks around it; "" for Return alone."""

    def ask_secret(self, question: str) -> str:
        """Ask for a secret, and do not show what is typed."""

    def say(self, text: str) -> None:
        """Say something."""


def ask_access(dialog: AccessDialog, url: str | None, *, check: Callable[[Access], None]) -> Access:
    """Ask for the address, and for corrections until `check` raises no error.

    Credentials that are typed stay in this process.
    """
    access = Access.from_environment(without_slash(url or dialog.ask(f"{ADDRESS}:")))
    exported = access
    while True:
        try:
            check(access)
        except IngestError as error:
            dialog.say(str(error))
            access = corrected(dialog, access)
        else:
            break
    # Only of those that are right, and once.
    if replace(access, url=exported.url) != exported:
        dialog.say("Export CASPIO_CLIENT_ID and CASPIO_CLIENT_SECRET, too: no file has them.")
    return access


def corrected(dialog: AccessDialog, access: Access) -> Access:
    """Ask for address and credentials once more; what is confirmed with Return stays."""
    url = dialog.ask(f"{ADDRESS} [{access.url}]:") or access.url
    client_id = dialog.ask(f"Client id [{access.client_id or 'none'}]:") or access.client_id
    kept = "unchanged" if access.client_secret else "none"
    secret = dialog.ask_secret(f"Client secret [{kept}]:") or access.client_secret
    return replace(access, url=without_slash(url), client_id=client_id, client_secret=secret)


def without_slash(url: str) -> str:
    """Return an address without a slash at its end."""
    return url.strip().rstrip("/")
