from tests.unit.pipeline.accounts.conftest import install

__all__ = ["install"]
