"""Sign in by a link that is used once, and stay signed in by a session that the ledger keeps.

However somebody signs in, a session ends after 30 minutes without use and after 12 hours.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie

from pipeline.model.agents import token_digest
from pipeline.model.users import AuditEntry, User
from pipeline.ports import Ledger

# Time to open a message on the way to a browser, and no more: the link is a password.
LINK_TIME = timedelta(minutes=15)
# A page that is left open on a screen nobody sits at is locked after it.
IDLE = timedelta(minutes=30)
# A working day, so that a stolen cookie ends with it.
LONGEST = timedelta(hours=12)
# 256 bits.
_SECRET_BYTES = 32
_TOKEN_CHARS = 43  # of 32 bytes in base64url

COOKIE = "caspio-ingest"


@dataclass(frozen=True, slots=True)
class Sessions:
    """Opens and closes sessions. Secrets leave this class, and only their digests are kept.

    `page` distinguishes the pages of one machine: cookies know hosts, and no ports. `is_secure`
    says whether users reach the page by https. Browsers keep the cookie for this very address and
    for encrypted connections then (RFC 6265bis, section 4.1.3.2).
    """

    ledger: Ledger
    is_secure: bool
    page: str = ""

    @property
    def cookie(self) -> str:
        """Name the cookie: browsers refuse the prefix without https."""
        # Only characters that every browser accepts in the name of a cookie.
        page = re.sub(r"[^A-Za-z0-9_-]+", "-", self.page)
        name = f"{COOKIE}-{page}" if page else COOKIE
        return f"__Host-{name}" if self.is_secure else name

    def link(self, user: User) -> str:
        """Make a secret that admits a user once."""
        token = secrets.token_urlsafe(_SECRET_BYTES)
        self.ledger.users.save_login_link(token_digest(token), user, valid_for=LINK_TIME)
        self.ledger.users.record_audit(AuditEntry(user, "login link", user.name))
        return token

    def open(self, link: str, cookies: str = "") -> tuple[User, str] | None:
        """Sign a user in by a link; return who it is and the cookie's header, None if refused."""
        user = self.ledger.users.use_login_link(token_digest(link))
        return None if user is None else (user, self.admit(user, by="link", cookies=cookies))

    def admit(self, user: User, *, by: str, cookies: str = "") -> str:
        """Open a session, with a new secret; return the cookie's header.

        `by` says in the audit trail how the user was known. The session that the browser had
        before, by its `cookies`, ends.
        """
        before = self._token(cookies)
        if before:
            self.ledger.users.close_session(token_digest(before))
        token = secrets.token_urlsafe(_SECRET_BYTES)
        self.ledger.users.open_session(token_digest(token), user)
        self.ledger.users.record_audit(AuditEntry(user, "sign in", user.name, by))
        return self._header(token, seconds=int(LONGEST.total_seconds()))

    def user(self, cookies: str) -> User | None:
        """Return who is signed in, by the request's cookies."""
        token = self._token(cookies)
        if not token:
            return None
        return self.ledger.users.session(token_digest(token), idle=IDLE, longest=LONGEST)

    def close(self, user: User, cookies: str) -> str:
        """Sign a user out; return the header that deletes the cookie."""
        self.ledger.users.close_session(token_digest(self._token(cookies)))
        self.ledger.users.record_audit(AuditEntry(user, "sign out", user.name))
        return self._header("", seconds=0)

    def keep(self, text: str, *, seconds: int) -> str:
        """Return the header of a cookie that the browser keeps while its user signs in elsewhere.

        With "" and 0 the cookie is deleted.
        """
        return self._header(text, seconds=seconds, name=f"{self.cookie}.begun")

    def kept(self, cookies: str) -> str:
        """Return what the browser keeps of a sign-in that has begun, "" without one."""
        return _cookie(cookies, f"{self.cookie}.begun")

    def _token(self, cookies: str) -> str:
        token = _cookie(cookies, self.cookie)
        return token if len(token) == _TOKEN_CHARS else ""

    def _header(self, token: str, *, seconds: int, name: str = "") -> str:
        secure = "; Secure" if self.is_secure else ""
        # Lax, not Strict: a link in a mail to a document must open it.
        attributes = f"Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
        return f"{name or self.cookie}={token}; {attributes}"


def _cookie(cookies: str, name: str) -> str:
    try:
        found = SimpleCookie(cookies).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""
