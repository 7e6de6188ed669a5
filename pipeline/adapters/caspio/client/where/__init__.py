"""Build every condition (WHERE clause) that is sent: typed literals, known names.

A `Clause` is finished SQL. Values become literals here and nowhere else, and names are checked
against the schema before they are used. Only a source's own `where` enters as the operator wrote
it, in brackets of its own.
"""

from pipeline.adapters.caspio.client.where.clauses import (
    PK as PK,
    Clause as Clause,
    both as both,
    either as either,
    equals as equals,
    in_lists as in_lists,
    pk_after as pk_after,
    pk_clauses as pk_clauses,
    pk_equals as pk_equals,
    pk_literal as pk_literal,
    pk_range as pk_range,
    size as size,
    starts_with as starts_with,
)
from pipeline.adapters.caspio.client.where.guards import guard as guard, holds as holds
from pipeline.adapters.caspio.client.where.literals import (
    is_sendable as is_sendable,
    number_literal as number_literal,
    text_literal as text_literal,
)
from pipeline.adapters.caspio.client.where.names import (
    name as name,
    require_known as require_known,
    unknown_name as unknown_name,
)
