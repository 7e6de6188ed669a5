"""A local Caspio, written from the API's specification and sharing nothing with the client.

A seed is a folder with account.json: `tables` (name -> `fields` as the API defines them, `records` with PK_ID where it
matters, or many at once as `state.many.seed_many` takes them), `views` (name -> `table`, optional `where` and
`fields`), `files` (path -> file) and `folders` (paths); `directories` (name -> `fields`, `users`), `tasks` (see
`state.tasks.Task`), `applications` (see `state.applications.Applications.add`), `name` of the account and `profiles`
(see `profiles.Profile`). A file is a path relative to the folder, `{"path", "name"}`, or
`{"generate": {"name", "size", "byte" or "seed"}}`; the value of an ATTACHMENT column is one of these.

The client id and secret are `id` and `secret` unless given and may do everything; further profiles come from the seeds.
Several seeds are several accounts on one address: which one is meant follows from the client id a token was given for,
and for the control interface and the pages from `?account=`. What the documents leave open is chosen in `Quirks`;
faults are scripted through `Emulator.control`. Webhook messages are delivered to this machine only.
"""

from infra.emulator.control.client import Control
from infra.emulator.http.middleware import RateLimit
from infra.emulator.quirks import Quirks, parse_quirks
from infra.emulator.server import Emulator

__all__ = ["Control", "Emulator", "Quirks", "RateLimit", "parse_quirks"]
