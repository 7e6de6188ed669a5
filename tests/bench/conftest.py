from tests.servers.postgres import postgres
from tests.unit.web.conftest import office, settings, world

__all__ = ["office", "postgres", "settings", "world"]
