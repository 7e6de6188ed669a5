from dataclasses import replace

import pytest

from pipeline.errors import EffectInDoubt
from pipeline.model import EffectKind, EffectState, SourceSpec
from tests.unit.pipeline.world import RECEIPTS, World, named

GOOD = "doc_type=receipt\ntotal=12.50"
CONTRACTS = SourceSpec(
    "contracts", table="Contracts", columns={"Kind": "doc_type"}, rename="{{ doc_type }}"
)
MAIL = SourceSpec("mail", folder="/Mail", columns={"DocType": "doc_type"})


class _Killed(BaseException):
    """Represents SIGKILL: no handler of ours sees it."""


CALLS = [
    "download",
    "update",
    "rename",
    "put",
    "file digest",
    "referrers",
    "delete",
    "insert",
    "find",
    "list some",
]


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_killed_anywhere_the_next_run_ends_the_same(world: World, call: str, moment: str, nth: int):
    """Killed before or after any call, and run again, account and outcome are those of an undisturbed run."""
    from pipeline.model import IndexTable

    specs = [
        named(RECEIPTS, "{{ doc_type }} {{ total }}"),
        CONTRACTS,
        replace(MAIL, index=IndexTable("MailIndex", "Path"), rename="{{ doc_type }}"),
    ]
    world.receipt("1", GOOD)
    world.receipt("2", GOOD)
    world.caspio.files |= {"/Inbox/x.txt": b"doc_type=contract", "/Mail/a.txt": b"doc_type=letter"}
    for pk in ("1", "2"):
        world.caspio.row("Contracts", pk, Document="/Inbox/x.txt")
    undisturbed = World(world.folder, caspio=world.caspio.copy())
    for spec in specs:
        undisturbed.run(spec)

    _run_killed(world, specs, call=call, moment=moment, nth=nth)
    world.caspio.before_call, world.caspio.lose_answers = (lambda _: None), set()
    for spec in specs * 2:
        world.run(spec)

    assert world.caspio.tables == undisturbed.caspio.tables
    assert world.caspio.files == undisturbed.caspio.files
    assert world.caspio.attachments == undisturbed.caspio.attachments
    assert not world.ledger.effects.open()
    assert _effects(world) == _effects(undisturbed)


def _run_killed(world: World, specs: list[SourceSpec], *, call: str, moment: str, nth: int) -> None:
    """Run until the nth call of a kind, and die before or after it."""
    seen = 0
    dead = False

    def kill(name: str) -> None:
        nonlocal seen, dead
        if dead:
            raise _Killed
        seen += name == call
        if name == call and seen == nth:
            dead = True
            if moment == "before":
                raise _Killed
            world.caspio.lose_answers = {name}

    original = world.caspio._answer

    def die(name: str) -> None:
        try:
            original(name)
        except EffectInDoubt:
            raise _Killed from None

    world.caspio.before_call = kill
    world.caspio._answer = die  # type: ignore[method-assign]
    try:
        for spec in specs:
            world.run(spec)
    except _Killed:
        pass
    finally:
        world.caspio._answer = original  # type: ignore[method-assign]


def _effects(world: World) -> list[tuple[EffectKind, str, str]]:
    """Return what is, with repetitions: an effect carried out twice would show."""
    return sorted(
        (
            effect.kind,
            effect.pk if effect.kind is EffectKind.UPDATE_COLUMNS else "",
            str(dict(effect.after)),
        )
        for effect in world.ledger.effects.find()
        if effect.state is EffectState.VERIFIED and effect.kind is not EffectKind.REPOINT
    )
