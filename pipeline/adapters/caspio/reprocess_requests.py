"""Find the records in which a user asked for their files to be read again."""

from collections.abc import Mapping

from pipeline.adapters.caspio.client import where
from pipeline.adapters.caspio.client.client import CaspioClient
from pipeline.model import RecordRef, SourceSpec


def reprocess_requests(client: CaspioClient, spec: SourceSpec) -> Mapping[str, RecordRef]:
    """Return the records whose `reprocess_column` is Yes, by what the source lists them by; one call for 1,000."""
    if spec.reprocess_column is None:
        return {}
    is_yes = where.equals(spec.reprocess_column, value=True)
    if spec.folder is not None:
        return _rows_of_paths(client, spec, is_yes)
    is_view = spec.view is not None
    pages = client.container(is_view=is_view).record_pages(
        spec.container, select=(where.PK,), condition=where.both(spec.where, is_yes)
    )
    pks = [record.pk for page in pages for record in page if record.pk is not None]
    return {pk: RecordRef(spec.container, pk, is_view) for pk in pks}


def _rows_of_paths(
    client: CaspioClient, spec: SourceSpec, is_yes: where.Clause
) -> Mapping[str, RecordRef]:
    """Return the rows of a folder's index table by the path they hold."""
    index = spec.index
    if index is None:
        return {}
    found: dict[str, RecordRef] = {}
    for page in client.tables.record_pages(
        index.table, select=(where.PK, index.path_column), condition=is_yes
    ):
        for record in page:
            path = record.values.get(index.path_column)
            if isinstance(path, str) and path.strip():
                found[path] = RecordRef(index.table, record.pk or "")
    return found
