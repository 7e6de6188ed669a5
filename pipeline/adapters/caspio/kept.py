"""What a process that runs again and again keeps of an account between its runs."""

from dataclasses import dataclass, field

from pipeline.adapters.caspio.client.http.auth import KeptToken
from pipeline.adapters.caspio.schema_cache import KnownSchema


@dataclass(frozen=True, slots=True)
class KeptAccount:
    """The token of the account's profile, and the schema as it was read in the last ten minutes."""

    token: KeptToken = field(default_factory=KeptToken)
    schema: KnownSchema = field(default_factory=KnownSchema)
