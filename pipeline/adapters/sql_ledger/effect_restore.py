"""Restore the effects of a lost ledger."""

from collections.abc import Iterable

from sqlalchemy import insert, update

from pipeline.adapters.sql_ledger.rows import dump_effect
from pipeline.adapters.sql_ledger.session import SqlPart, chunks
from pipeline.adapters.sql_ledger.tables import effects
from pipeline.model import Effect


class SqlEffectRestore(SqlPart):
    """Restore effects from the archive's manifests."""

    def restore(self, restored: Iterable[Effect]) -> None:
        """Restore effects in the order given, which becomes the order they happened in.

        They get new ids, so what an effect undoes is written again by its new id. An effect that is not among those
        restored is written as a negative id, which no effect has.
        """
        new_ids: dict[int, int] = {}
        added = insert(effects).returning(effects.c.id, sort_by_parameter_order=True)
        for chunk in chunks(restored):
            rows = []
            for effect in chunk:
                undoes = new_ids.get(effect.undoes, -effect.undoes) if effect.undoes else None
                rows.append({**dump_effect(effect), "undoes": undoes})

            with self._session.writing("restore effects") as connection:
                ids = connection.execute(added, rows).scalars().all()
                in_chunk = {effect.id: new_id for effect, new_id in zip(chunk, ids, strict=True)}
                # An effect may undo one of the same chunk, whose new id was not known before the insert.
                for effect in chunk:
                    if effect.undoes in in_chunk:
                        own = update(effects).where(effects.c.id == in_chunk[effect.id])
                        connection.execute(own.values(undoes=in_chunk[effect.undoes]))
            new_ids |= in_chunk
