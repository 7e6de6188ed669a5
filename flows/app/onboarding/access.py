"""How `init` reaches an account before there is a settings file."""

from dataclasses import dataclass, field

from pipeline.environment import environment


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach an account before there is a settings file."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)

    @classmethod
    def from_environment(cls, url: str) -> "Access":
        """Return the access to an address with the credentials of the environment."""
        # A copied secret often comes with a blank or a line end.
        names = ("CASPIO_CLIENT_ID", "CASPIO_CLIENT_SECRET")
        return cls(url, *((environment(name) or "").strip() for name in names))
