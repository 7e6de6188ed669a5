from dataclasses import replace

import pytest
from hypothesis import given, strategies as st
from pydantic import SecretStr, ValidationError

from pipeline.accounts.encryption import Key, NotSealedWithThis
from pipeline.accounts.secret_store import (
    MasterKeys,
    Store,
    opened,
    rotated,
    with_reference,
    with_value,
    without,
)
from pipeline.errors import BadSettings

CANARY = SecretStr("canary-of-a-secret")


@pytest.fixture
def store(masters: MasterKeys) -> Store:
    """An account with one value and one reference."""
    empty = with_reference(Store(account="acme"), "client-id", "env:ACME_ID")
    return with_value(empty, "client-secret", CANARY, masters)


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_was_sealed_is_opened_for_its_place_only(content: bytes, place: str):
    """The same key gives the content back for the same place, and for no other one."""
    key = Key.new()
    sealed = key.seal(content, place=place)

    assert key.unseal(sealed, place=place) == content
    with pytest.raises(NotSealedWithThis):
        key.unseal(sealed, place=f"{place}x")
    with pytest.raises(NotSealedWithThis):
        Key.new().unseal(sealed, place=place)


def test_a_store_shows_no_secret(store: Store, masters: MasterKeys):
    """Neither the store nor the keys have a secret in what is written or printed of them."""
    shown = f"{store!r}{store.model_dump_json()}{masters!r}{opened(store, masters)!r}"

    assert CANARY.get_secret_value() not in shown
    assert repr(masters.present.material) not in shown
    assert opened(store, masters) == {"client-secret": CANARY}


def test_a_value_cannot_take_the_place_of_another(store: Store, masters: MasterKeys):
    """A sealed value that is moved to another kind, version or account is not opened."""
    moved = store.secrets["client-secret"]
    cases = [
        store.model_copy(update={"secrets": {"webhook-secret": moved}}),
        store.model_copy(
            update={"secrets": {"client-secret": moved.model_copy(update={"version": 9})}}
        ),
        store.model_copy(update={"account": "globex"}),
    ]

    for case in cases:
        with pytest.raises(BadSettings, match="changed or damaged") as error:
            opened(case, masters)
        assert CANARY.get_secret_value() not in str(error.value)


def test_another_master_key_is_refused_with_what_to_do(store: Store):
    """Nothing is opened, and nothing is added, when key and store disagree."""
    others = MasterKeys(Key.new())

    for act in (
        lambda: opened(store, others),
        lambda: with_value(store, "webhook-secret", CANARY, others),
        lambda: rotated(store, others),
    ):
        with pytest.raises(BadSettings, match=r"Give the key that they were sealed with"):
            act()


def test_a_rotation_needs_the_old_key_until_it_is_done(store: Store, masters: MasterKeys):
    """With both keys old and new stores are opened; afterwards the new key alone does."""
    both = MasterKeys(Key.new(), previous=masters.present)

    new = rotated(store, both)

    assert opened(store, both) == opened(new, both) == opened(new, replace(both, previous=None))
    assert new.key is not None
    assert store.key is not None
    assert new.key.sealed != store.key.sealed
    assert new.secrets["client-secret"].sealed != store.secrets["client-secret"].sealed
    assert new.secrets["client-id"] == store.secrets["client-id"]
    with pytest.raises(BadSettings):
        opened(new, masters)


def test_a_new_value_has_a_new_version(store: Store, masters: MasterKeys):
    """The version goes on through references, so that no old value fits again."""
    newer = with_value(store, "client-secret", SecretStr("newer"), masters)
    referred = with_reference(newer, "client-secret", "env:X")

    versions = [one.secrets["client-secret"].version for one in (store, newer, referred)]

    assert versions == [1, 2, 3]
    assert opened(newer, masters) == {"client-secret": SecretStr("newer")}
    assert dict(without(newer, "client-secret").secrets) == {
        "client-id": store.secrets["client-id"]
    }


def test_a_secret_that_was_removed_is_set_again_with_a_new_version(
    store: Store, masters: MasterKeys
):
    """The value from before the removal does not fit the place of the new one."""
    before = store.secrets["client-secret"]
    again = with_value(
        without(store, "client-secret"), "client-secret", SecretStr("newer"), masters
    )

    old_under_new = before.model_copy(update={"version": again.secrets["client-secret"].version})
    replayed = again.model_copy(update={"secrets": {"client-secret": old_under_new}})

    assert again.secrets["client-secret"].version == before.version + 1
    with pytest.raises(BadSettings):
        opened(replayed, masters)


def test_a_store_of_another_version_is_refused():
    """A format or a kind that is not known is not guessed at."""
    with pytest.raises(ValidationError):
        Store.model_validate({"account": "acme", "format": 2})
    with pytest.raises(ValidationError):
        Store.model_validate({"account": "acme", "secrets": {"x": {"reference": "env:X"}}})
