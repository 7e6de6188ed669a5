"""Check how users sign in, before the page is served and in `doctor`."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from flows.app.settings import load_settings
from flows.app.wiring.ports import system_clock
from flows.doctor.check import Check, attempt
from flows.doctor.installation import examine
from flows.web.signing.oidc import Provider, SignInFailed
from pipeline.errors import BadSettings
from pipeline.ports import Clock
from pipeline.settings import Settings
from pipeline.settings.web import WebSettings


def provider_of(web: WebSettings, clock: Clock) -> Provider | None:
    """Return the identity provider of the settings, None without one.

    Raises:
        BadSettings: what it needs is not installed.
    """
    if web.oidc is None:
        return None
    if find_spec("authlib") is None:
        raise BadSettings(
            ["web.oidc needs packages that are not installed: pip install 'caspio-ingest[oidc]'."]
        )
    return Provider(web.oidc, clock)


def examine_with_sign_in(config: Path) -> Iterator[Check]:
    """Yield the checks of an installation, and of the ways to sign in that are set up."""
    yield from examine(config)
    try:
        settings = load_settings(config)
    except BadSettings:  # it has its own check
        return
    yield from sign_in_checks(settings)


def sign_in_checks(settings: Settings) -> Iterator[Check]:
    """Yield a check for each way to sign in besides links."""
    web = settings.web
    if web.oidc is not None:
        remedy = "Correct web.oidc, or ask who runs the identity provider."
        yield attempt("sign-in", lambda: provider_check(web), remedy)
    if web.proxy is not None:
        detail = f"by the proxy at {', '.join(web.proxy.peers)}, for users at {web.url}"
        yield Check("sign-in by proxy", ok=True, detail=detail)


def provider_check(web: WebSettings) -> str:
    """Ask the identity provider for its addresses and keys."""
    provider = provider_of(web, system_clock())
    assert provider is not None
    try:
        return provider.check()
    except SignInFailed as failed:
        raise BadSettings([str(failed)]) from failed
