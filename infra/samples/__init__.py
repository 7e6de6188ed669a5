"""Sample documents for the demo and the tests: invented companies and people, known values."""

from infra.samples.build import draw_samples
from infra.samples.settings import settings_toml

__all__ = ["draw_samples", "settings_toml"]
