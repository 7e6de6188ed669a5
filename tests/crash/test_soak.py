from pathlib import Path

import pytest

from tests.crash.soak import KINDS, soak

pytestmark = pytest.mark.integration


def test_a_storm_of_faults_leaves_only_what_people_did(tmp_path: Path):
    """With a fault of every kind at every step, the end is that of a quiet run; `make soak` does 1,000 documents.

    So few documents meet far more than one fault in twenty calls; what that costs is measured at full size.
    """
    result = soak(60, folder=tmp_path)

    assert result.wrong == ()
    assert result.met >= 3 * len(KINDS)
