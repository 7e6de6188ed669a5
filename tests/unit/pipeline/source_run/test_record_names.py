"""What somebody names records by is checked before anything is asked for."""

import pytest

from pipeline.errors import BadSettings
from pipeline.source_run.checks import require_pk_ids


@pytest.mark.parametrize("name", ["1 OR 1=1", "", "-1", "1.0", "٣", "9" * 19, "1\n"])
def test_what_is_no_pk_id_is_a_mistake_of_the_request(name: str):
    """It is no fault of the account, of the source or of a document."""
    with pytest.raises(BadSettings, match="is not a PK_ID"):
        require_pk_ids(["17", name])


def test_numbers_are_pk_ids():
    """Whether there is such a record, the account says."""
    require_pk_ids(["0", "17", "9" * 18])
