from tests.unit.pipeline.world import world

__all__ = ["world"]
