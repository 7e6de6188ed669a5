"""Read a secret of HashiCorp Vault by its HTTP API: one request, so no client library is needed."""

from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

import httpx

from pipeline.errors import BadSettings

_TIMEOUT_S = 10.0
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def vault_secret(name: str, *, environment: Callable[[str], str | None]) -> str:
    """Return a field of a secret; `name` is PATH#FIELD, such as `secret/data/acme#client_id`.

    VAULT_ADDR and VAULT_TOKEN say where and by which right, VAULT_NAMESPACE which namespace. The
    versions 1 and 2 of the key/value engine are read alike.

    Raises:
        BadSettings: it cannot be read. The message has the reference, never what it names.
    """
    path, _, field = name.partition("#")
    address, token = environment("VAULT_ADDR"), environment("VAULT_TOKEN")
    if not path or not field or not address or not token:
        problem = f"vault:{name} needs PATH#FIELD, and VAULT_ADDR and VAULT_TOKEN."
        raise BadSettings([problem])
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise BadSettings(["VAULT_ADDR must begin with https://."])
    headers = {"X-Vault-Token": token, "X-Vault-Request": "true"}
    namespace = environment("VAULT_NAMESPACE")
    if namespace:
        headers["X-Vault-Namespace"] = namespace
    try:
        value = _field(f"{address.rstrip('/')}/v1/{quote(path.strip('/'))}", headers, field)
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
        status = getattr(getattr(error, "response", None), "status_code", "")
        why = f"status {status}" if status else type(error).__name__
        raise BadSettings([f"vault:{name} cannot be read ({why})."]) from None
    if not isinstance(value, str) or not value:
        raise BadSettings([f"vault:{name} is not text, or is empty."])
    return value


def _field(url: str, headers: Mapping[str, str], field: str) -> object:
    # Redirects are not followed: they would carry the token to another address.
    answer = httpx.get(url, headers=headers, timeout=_TIMEOUT_S)
    answer.raise_for_status()
    data = answer.json()["data"]
    inner = data.get("data")
    return (inner if isinstance(inner, dict) else data)[field]
