from pipeline.isolation import isolated
from pipeline.model import Status
from tests.contracts.ledger.builders import a_ref


def test_the_reason_of_a_bug_names_it_and_repeats_no_document():
    """The repr of some errors has all of the text that they are about."""

    def fails() -> None:
        (f"secret {'x' * 5_000} \ud800").encode()

    def empty() -> None:
        raise RuntimeError

    (outcome,) = isolated([a_ref("1")], fails)  # type: ignore[arg-type]
    (other,) = isolated([a_ref("1")], empty)  # type: ignore[arg-type]

    assert outcome.status is Status.FAILED
    assert outcome.reason.startswith(
        "an error in caspio-ingest itself: UnicodeEncodeError: 'utf-8'"
    )
    assert "surrogates not allowed" in outcome.reason
    assert "secret" not in outcome.reason
    assert other.reason == "an error in caspio-ingest itself: RuntimeError"
