import pytest

from pipeline.model import ConfidenceLimits
from tests.unit.pipeline.settings.conftest import Write
from tests.unit.pipeline.settings.test_settings import source


@pytest.mark.parametrize(
    "label", ["label:Policy Number", "label: POLICY  number:", "Label:policy_number"]
)
def test_a_column_asks_for_a_label(label: str, written: Write):
    """The label of a form is written as it is printed; case, blanks and colon make no difference."""
    spec = source(f'[sources.columns]\nPolicy = "{label}"\n', written)

    assert spec.columns == {"Policy": "label:policy number"}


def test_what_is_probably_right_is_written(written: Write):
    """Unless the settings say otherwise, 95 % is enough to write and 50 % to suggest."""
    assert source("", written).limits == ConfidenceLimits(0.95, 0.5)


def test_a_column_has_limits_of_its_own(written: Write):
    """A column's limit replaces the source's; what it leaves out is the source's."""
    spec = source(
        """
        write_at = 0.9
        suggest_at = 0.6
        [sources.columns]
        A = { finding = "total", write_at = 0.99 }
        B = { finding = "date", suggest_at = 0.7 }
        C = "company"
        """,
        written,
    )

    assert spec.limits_of("A") == ConfidenceLimits(0.99, 0.6)
    assert spec.limits_of("B") == ConfidenceLimits(0.9, 0.7)
    assert spec.limits_of("C") == ConfidenceLimits(0.9, 0.6)
