"""What the groups of a user allow here."""

from collections.abc import Iterable, Mapping

from pipeline.model.users import Role, User

# Longer than any address of mail that is in use; it is stored with each decision.
MOST_NAME_CHARS = 200


def named(name: object, groups: Iterable[str], roles: Mapping[str, Role]) -> User | None:
    """Return a user with the highest role of the groups; None without a usable name or a role."""
    if not isinstance(name, str) or not name.strip() or len(name) > MOST_NAME_CHARS:
        return None
    # The name is shown and recorded: nothing in it may look like something else.
    if not name.isprintable():
        return None
    found = [roles[group] for group in groups if group in roles]
    return User(name.strip(), max(found, key=list(Role).index)) if found else None
