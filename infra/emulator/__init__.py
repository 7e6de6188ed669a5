"""A local Caspio, written from the API's specification. It shares no code with the client.

Comments cite their sources. "§3.7 (C)" is a section of `caspio-api.md`, the collected facts about
the API: C is confirmed by Caspio's documentation or by an observation of the live API, I is
inferred. "SPEC" is Caspio's own OpenAPI document, version 3. "T-SQL" is Microsoft's reference of
Transact-SQL. What no source settles is a choice in `Quirks`.

A seed is a folder with `account.json`. Its members:

- `name`: name of the account; without it, the folder's name.
- `tables`: table name -> `fields` as the API defines them, and `records` (with PK_ID where it
  matters, or many at once as `account.many_records.seed_many` describes them).
- `views`: view name -> `table`, optional `where` and `fields`.
- `files` (path -> file) and `folders` (paths) of the Files area.
- `directories`: name -> `fields`, `users`.
- `tasks`: name -> members of `state.tasks.Task`.
- `applications`: name -> see `state.applications.Applications.add`.
- `profiles`: see `account.profiles.Profile`.

A file is a path relative to the folder, `{"path", "name"}`, or
`{"generate": {"name", "size", "byte" or "seed"}}`. The value of an ATTACHMENT column is a file.

Unless they are given, client id and secret are `id` and `secret`, with every right. Seeds add more
profiles. Several seeds are several accounts at one address: API calls select the account by the
client id of their token, the control interface and the pages by `?account=`. Faults are set through
`Emulator.control`. Webhook messages are delivered to loopback addresses only.
"""

from infra.emulator.control.client import Control
from infra.emulator.http.rate_limit import RateLimit
from infra.emulator.quirks import Quirks, parse_quirks
from infra.emulator.server import Emulator

__all__ = ["Control", "Emulator", "Quirks", "RateLimit", "parse_quirks"]
