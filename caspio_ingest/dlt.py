"""A source for pipelines of dlt; it needs the extra `dlt`."""

from pipeline.adapters.caspio.dlt import caspio

__all__ = ["caspio"]
