"""Calls that take effect only after their caller has given up, or has been killed."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.errors import BudgetExhausted, EffectInDoubt
from pipeline.model import EffectKind, EffectState, IndexTable, Outcome, SourceSpec
from pipeline.steps.write_back.effects import EFFECTS, IN_FLIGHT_S
from tests.fakes.caspio import FakeCaspio
from tests.unit.pipeline.world import RECEIPTS, World, named, undo

CONTRACTS = SourceSpec("contracts", table="Contracts", rename="{{ doc_type }}")
MAIL = SourceSpec(
    "mail", folder="/Mail", columns={"DocType": "doc_type"}, index=IndexTable("MailIndex", "Path")
)
NAMED = named(RECEIPTS, "{{ doc_type }} {{ total }}")
LATE_S = IN_FLIGHT_S / 2

LATE_CALLS: dict[EffectKind, tuple[SourceSpec, str, int]] = {
    EffectKind.UPDATE_COLUMNS: (NAMED, "update", 1),
    EffectKind.RENAME_ATTACHMENT: (NAMED, "rename_attachment", 1),
    EffectKind.PUT_FILE: (CONTRACTS, "put_file", 1),
    EffectKind.REPOINT: (CONTRACTS, "update", 1),
    EffectKind.DELETE_FILE: (CONTRACTS, "delete_file", 1),
    EffectKind.INSERT_INDEX_ROW: (MAIL, "insert", 1),
}
"""By kind the source that has such an effect, and which of its calls it is."""


class Killed(BaseException):
    """Represents SIGKILL: no handler of ours sees it."""


class Late:
    """An account that carries one call out only seconds after its caller is gone.

    `never` lets the call be lost on its way instead. `sent` counts how often it was sent.
    """

    def __init__(
        self, world: World, *, call: str, nth: int, error: type[BaseException], never: bool = False
    ) -> None:
        self._caspio, self._clock = world.caspio, world.clock
        self._call, self._nth, self._error, self._never = call, nth, error, never
        self._due: tuple[float, Callable[[], object]] | None = None
        self.sent = 0

    def __getattr__(self, name: str) -> Any:
        """Return what the account has; its calls find what has arrived meanwhile."""
        found = getattr(self._caspio, name)
        if not callable(found):
            return found

        def called(*arguments: Any, **named_ones: Any) -> Any:
            if self._due is not None and self._clock.monotonic() >= self._due[0]:
                _, carry_out = self._due
                self._due = None
                carry_out()
            self.sent += name == self._call
            if name != self._call or self.sent != self._nth:
                return found(*arguments, **named_ones)
            if name == "put_file":  # its bytes are on their way, whatever becomes of the caller
                content = self._caspio.files
                path, data = arguments[0], arguments[1].read_bytes()
                late = lambda: content.setdefault(path, data)  # noqa: E731
            else:
                late = lambda: found(*arguments, **named_ones)  # noqa: E731
            if not self._never:
                self._due = (self._clock.monotonic() + LATE_S, late)
            raise self._error("no answer came")

        return called


def _filled(world: World) -> World:
    world.receipt("1", "doc_type=receipt\ntotal=12.50")
    world.caspio.files |= {"/Inbox/x.txt": b"doc_type=contract", "/Mail/a.txt": b"doc_type=letter"}
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")
    return world


def _undisturbed(world: World, spec: SourceSpec) -> FakeCaspio:
    other = World(world.folder, caspio=world.caspio.copy())
    other.run(spec)
    return other.caspio


def _as_undisturbed(world: World, expected: FakeCaspio) -> None:
    assert world.caspio.tables == expected.tables
    assert world.caspio.files == expected.files
    assert {key: one.name for key, one in world.caspio.attachments.items()} == {
        key: one.name for key, one in expected.attachments.items()
    }


def _run(world: World, spec: SourceSpec, late: Late) -> list[Outcome]:
    account, world.caspio = world.caspio, late  # type: ignore[assignment]
    try:
        return world.run(spec)
    finally:
        world.caspio = account


@pytest.mark.parametrize("kind", LATE_CALLS)
def test_a_call_that_takes_effect_late_is_not_made_again(world: World, kind: EffectKind):
    """An answer that never came: what takes effect some seconds later is found, and made once."""
    spec, call, nth = LATE_CALLS[kind]
    expected = _undisturbed(_filled(world), spec)
    late = Late(world, call=call, nth=nth, error=EffectInDoubt)

    _run(world, spec, late)

    _as_undisturbed(world, expected)
    assert late.sent == 1
    assert EffectState.ABANDONED not in {effect.state for effect in world.ledger.effects.find()}


@pytest.mark.parametrize("kind", LATE_CALLS)
def test_a_killed_run_and_its_last_call_make_one_effect(world: World, kind: EffectKind):
    """The next run starts at once, while the last call of the killed one is still under way."""
    spec, call, nth = LATE_CALLS[kind]
    expected = _undisturbed(_filled(world), spec)
    late = Late(world, call=call, nth=nth, error=Killed)
    with pytest.raises(Killed):
        _run(world, spec, late)

    _run(world, spec, late)
    _run(world, spec, late)

    _as_undisturbed(world, expected)
    # A deletion finds its file gone, or deletes what has the same bytes: both are one effect.
    assert late.sent == 1 or kind is EffectKind.DELETE_FILE
    assert not world.ledger.effects.open()
    assert EffectState.ABANDONED not in {effect.state for effect in world.ledger.effects.find()}


@pytest.mark.parametrize("kind", LATE_CALLS)
def test_a_call_that_never_arrives_is_made_again(world: World, kind: EffectKind):
    """Once the time is over in which it could take effect, the next run makes it."""
    spec, call, nth = LATE_CALLS[kind]
    expected = _undisturbed(_filled(world), spec)
    late = Late(world, call=call, nth=nth, error=Killed, never=True)
    with pytest.raises(Killed):
        _run(world, spec, late)

    _run(world, spec, late)

    _as_undisturbed(world, expected)
    assert late.sent == 2


def test_a_run_long_after_a_kill_does_not_wait(world: World):
    """What was sent long ago has taken effect or never will: looking once decides."""
    late = Late(_filled(world), call="rename_attachment", nth=1, error=Killed, never=True)
    with pytest.raises(Killed):
        _run(world, NAMED, late)
    world.clock.advance(24 * 3600)

    _run(world, NAMED, late)

    assert world.clock.slept == []


def test_what_undo_inserts_again_is_inserted_once(world: World):
    """An undo of an undo waits for its late call as every run does."""
    _filled(world)
    world.run(MAIL)
    undo(world, MAIL, "run-1")
    late = Late(world, call="insert", nth=1, error=EffectInDoubt)
    account, world.caspio = world.caspio, late  # type: ignore[assignment]

    undo(world, MAIL, "run-2")

    assert late.sent == 1
    assert [row["Path"] for row in account.tables["MailIndex"].values()] == ["/Mail/a.txt"]


def test_every_kind_of_effect_has_a_look():
    """A kind that is added without a case here is one whose late call nobody has thought about."""
    looked_at = {EFFECTS[kind].look for kind in LATE_CALLS} | {
        EFFECTS[EffectKind.DELETE_INDEX_ROW].look
    }

    assert {rules.look for rules in EFFECTS.values()} == looked_at


def test_a_call_that_was_never_sent_leaves_nothing_open(world: World):
    """A run that stops before its call is sent says so, and the next one need not wait for it."""

    def stop(call: str) -> None:
        if call == "rename":
            world.caspio.before_call = lambda _: None
            raise BudgetExhausted("the calls of the month are used up")

    _filled(world).caspio.before_call = stop
    with pytest.raises(BudgetExhausted):
        world.run(NAMED)

    assert world.ledger.effects.open() == []
    world.run(NAMED)
    assert world.clock.slept == []
    assert world.caspio.attachments["Receipts", "Scan", "1"].name == "receipt 12.50.txt"


def test_an_effect_stays_open_if_nobody_can_look(world: World):
    """An answer is lost and Caspio stops answering: the next run looks."""

    def stop(call: str) -> None:
        if call == "attachment name" and "rename" in world.caspio.calls:
            world.caspio.before_call = lambda _: None
            raise BudgetExhausted("the calls of the month are used up")

    _filled(world).caspio.before_call = stop
    world.caspio.lose_answers = {"rename"}
    with pytest.raises(BudgetExhausted):
        world.run(NAMED)

    assert [effect.state for effect in world.ledger.effects.open()] == [EffectState.INTENT]
    world.run(NAMED)
    assert world.ledger.effects.open() == []
    assert world.caspio.calls.count("rename") == 1
