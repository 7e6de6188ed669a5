from tests.servers.postgres import postgres

__all__ = ["postgres"]
