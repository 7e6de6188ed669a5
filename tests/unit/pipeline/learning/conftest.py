from tests.unit.pipeline.learning.shop import shop

__all__ = ["shop"]
