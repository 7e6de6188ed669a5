"""The sections of the settings file for those who call the account: AI agents, and programs."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from pipeline.settings.sections import Section

_SERVER = r"^(https://|http://(127\.0\.0\.1|localhost)[:/])[^\s?#@]+$"
"""An address of another server: plain http is for this machine only."""


class OAuthSettings(Section):
    """`[agents.oauth]`: the authorization server at which users of hosted chats sign in."""

    issuer: Annotated[str, Field(pattern=_SERVER)]
    """The authorization server, as its tokens name it, such as `https://login.example.com`."""
    keys: Annotated[str, Field(pattern=_SERVER)]
    """Address of the public keys with which it signs tokens (JWKS)."""


class AgentSettings(Section):
    """`[agents]`: how AI agents reach the account through `mcp serve`."""

    listen: Annotated[str, Field(pattern=r"^[^\s:]+:[0-9]{1,5}$")] = "127.0.0.1:8768"
    """Address on which `mcp serve` listens, as `HOST:PORT`."""
    url: Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+$")] | None = None
    """Address at which agents reach the server, without a path, such as
    `https://agents.example.com`. It is needed where that is not the address of `listen`.
    """
    origins: tuple[Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+$")], ...] = ()
    """Web pages that may call the server from a browser, such as `https://chat.example.com`."""
    path_tokens: bool = False
    """Whether a token that was made for it may be a part of the address. Such tokens only read."""
    oauth: OAuthSettings | None = None
    """Where users of hosted chats sign in; their tokens have to be made for `url`."""
    operator_key: Annotated[SecretStr, Field(min_length=16)] | None = None
    """Key that some tokens need in addition. A secret: set it in the environment."""
    plans: Path = Path("agent-plans")
    """Folder of the plans that agents make. Relative paths start at the folder of the settings
    file.
    """
    keep_days: Annotated[int, Field(gt=0)] = 365
    """Days for which the calls of agents are kept in the ledger."""


class ApiSettings(Section):
    """`[api]`: how programs reach the account through `api serve`."""

    listen: Annotated[str, Field(pattern=r"^[^\s:]+:[0-9]{1,5}$")] = "127.0.0.1:8769"
    """Address on which `api serve` listens, as `HOST:PORT`."""
    url: Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+$")] | None = None
    """Address at which programs reach the API, without a path, such as `https://api.example.com`.
    It is needed where that is not the address of `listen`.
    """
    origins: tuple[Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+$")], ...] = ()
    """Web pages that may call the API from a browser, such as `https://desk.example.com`."""
