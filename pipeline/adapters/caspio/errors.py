"""Translate the client's errors into the pipeline's, from one table.

The client knows nothing of the pipeline. So each adapter's public method, and each
command that uses the client directly, is an edge: `translated()` is around it, as a `with` or as a
decorator.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from pipeline import errors as ours
from pipeline.adapters.caspio.client import errors as theirs


def _misconfigured(error: theirs.CaspioError) -> ours.IngestError:
    assert isinstance(error, theirs.Misconfigured)
    return ours.BadSettings(error.problems)


def _refused(error: theirs.CaspioError) -> ours.IngestError:
    assert isinstance(error, theirs.Refused)
    return ours.RefusedByCaspio(
        str(error),
        status=error.status,
        code=error.code,
        resource=error.resource,
        request_id=error.request_id,
    )


Translation = Callable[[theirs.CaspioError], ours.IngestError]

TRANSLATIONS: Mapping[type[theirs.CaspioError], Translation] = {
    theirs.TemporaryError: lambda error: ours.ServiceUnavailable(str(error)),
    theirs.TooLate: lambda error: ours.TooLate(str(error)),
    theirs.InDoubt: lambda error: ours.EffectInDoubt(str(error)),
    theirs.AccountError: lambda error: ours.StopRun(str(error)),
    theirs.Misconfigured: _misconfigured,
    theirs.AccessDenied: lambda error: ours.Unauthorized(str(error)),
    theirs.PauseTooLong: lambda error: ours.PausedByCaspio(str(error)),
    theirs.ItemError: lambda error: ours.RejectFile(str(error)),
    theirs.FileMissing: lambda error: ours.FileGone(str(error)),
    theirs.IncompleteDownload: lambda error: ours.CutShort(str(error)),
    theirs.Refused: _refused,
}
"""Each family of the client's errors, and those of its members that the pipeline distinguishes."""


def translate(error: theirs.CaspioError) -> ours.IngestError:
    """Return the pipeline's error for one of the client's."""
    for kind in type(error).__mro__:
        translation = TRANSLATIONS.get(kind)
        if translation is not None:
            return translation(error)
    return ours.IngestError(str(error))


@contextmanager
def translated() -> Iterator[None]:
    """Raise the pipeline's errors for the client's; usable as a decorator, too."""
    try:
        yield
    except theirs.CaspioError as error:
        raise translate(error) from error
