import pytest

from tests.crash.cells import SCENES, problem_of, undisturbed

pytestmark = pytest.mark.integration

# The rest is behind `make crash-matrix`.
POINTS = {
    "attachments": [
        *(
            "archive put originals after",
            "update_columns intent after",
            "update_columns effect after",
        ),
        *("rename_attachment effect after", "ledger finish before", "ledger record_rename before"),
        *("ledger reading_began after", "ledger reading_ended after"),
    ],
    "files area": [
        "insert_index_row effect after",
        "delete_file intent after",
        "repoint effect after",
    ],
    "apply": ["update_columns effect after"],
    "undo, attachments": ["rename_attachment effect after"],
    "undo, files area": ["delete_index_row effect after"],
    "suggestion": ["insert_review_row effect after"],
    "decision": ["apply_decision effect after"],
    "flagged": ["clear_reprocess_flag effect after"],
}


@pytest.mark.parametrize(
    ("scene", "point"), [(scene, point) for scene, points in POINTS.items() for point in points]
)
def test_a_run_killed_at_a_boundary_is_made_good_by_the_next(scene: str, point: str):
    """Killed there and run again, all is as if nothing had happened, and no write came twice."""
    assert problem_of(scene, point) == ""


@pytest.mark.parametrize("scene", SCENES)
def test_every_point_that_is_tried_is_passed(scene: str):
    """No cell of the matrix is green because its point is never reached."""
    assert set(POINTS[scene]) <= undisturbed(scene).points.keys()
