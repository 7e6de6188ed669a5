"""Find the records in which a user asked for their files to be read again."""

from collections.abc import Mapping

from pipeline.adapters.caspio.client import CaspioClient, where
from pipeline.model import RecordRef, SourceSpec


def reprocess_requests(client: CaspioClient, spec: SourceSpec) -> Mapping[str, RecordRef]:
    """Return the records whose `reprocess_column` is Yes, one call for 1,000.

    They are keyed by what the source lists them by: PK_ID, for a folder the path in its index
    table.
    """
    if spec.reprocess_column is None:
        return {}
    is_yes = where.equals(spec.reprocess_column, value=True)
    found: dict[str, RecordRef] = {}
    if spec.folder is not None:
        index = spec.index
        if index is None:
            return {}
        pages = client.tables.record_pages(
            index.table, select=(where.PK, index.path_column), condition=is_yes
        )
        for page in pages:
            for record in page:
                path = record.values.get(index.path_column)
                if isinstance(path, str) and path.strip():
                    found[path] = RecordRef(index.table, record.pk or "")
        return found

    is_view = spec.view is not None
    pages = client.container(is_view=is_view).record_pages(
        spec.container, select=(where.PK,), condition=where.both(spec.where, is_yes)
    )
    for page in pages:
        for record in page:
            if record.pk is not None:
                found[record.pk] = RecordRef(spec.container, record.pk, is_view)
    return found
