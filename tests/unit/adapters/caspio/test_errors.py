import pytest

from pipeline import errors as ours
from pipeline.adapters.caspio.client import errors as theirs
from pipeline.adapters.caspio.errors import TRANSLATIONS, translate, translated

EXPECTED = {
    theirs.TemporaryError: ours.TryLater,
    theirs.AccountError: ours.StopRun,
    theirs.ItemError: ours.RejectFile,
    theirs.Refused: ours.RefusedByCaspio,
}


def every(kind: type[theirs.CaspioError]) -> list[type[theirs.CaspioError]]:
    """Return a kind of error and all below it."""
    return [kind, *(found for below in kind.__subclasses__() for found in every(below))]


def made(kind: type[theirs.CaspioError]) -> theirs.CaspioError:
    """Make an error of a kind."""
    if issubclass(kind, theirs.Refused):
        return kind("refused", status=400, code="C", resource="GET /x", request_id="r")
    if kind is theirs.Misconfigured:
        return theirs.Misconfigured(["one", "two"])
    if kind is theirs.PauseTooLong:
        return theirs.PauseTooLong("wait", pause_s=7200)
    return kind("what happened")


@pytest.mark.parametrize("kind", every(theirs.CaspioError)[1:], ids=lambda kind: kind.__name__)
def test_every_error_is_translated_into_its_family(kind: type[theirs.CaspioError]) -> None:
    """No error of the client is forgotten, and each makes the runner do the same as before."""
    (family,) = [known for known in EXPECTED if issubclass(kind, known)]

    translation = translate(made(kind))

    assert isinstance(translation, EXPECTED[family])
    assert str(translation) == str(made(kind))


def test_what_a_caller_decides_by_is_kept() -> None:
    """Status, code and problems survive the translation."""
    refused = translate(made(theirs.NotFound))
    problems = translate(theirs.Misconfigured(["one", "two"]))

    assert isinstance(refused, ours.RefusedByCaspio)
    assert (refused.status, refused.code, refused.resource, refused.request_id) == (
        400,
        "C",
        "GET /x",
        "r",
    )
    assert isinstance(problems, ours.BadSettings)
    assert problems.problems == ["one", "two"]


def test_the_cause_is_kept() -> None:
    """A translated error shows what the client said."""
    with pytest.raises(ours.PausedByCaspio) as caught, translated():
        raise theirs.PauseTooLong("wait", pause_s=7200)

    assert isinstance(caught.value.__cause__, theirs.PauseTooLong)


def test_the_table_has_no_line_that_is_never_used() -> None:
    """Each kind in the table is one that the client raises, or a family of them."""
    assert set(TRANSLATIONS) <= set(every(theirs.CaspioError))
