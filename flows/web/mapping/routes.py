"""The addresses of mapping, which only mappers and admins have."""

from functools import partial

from starlette.routing import BaseRoute

from flows.web.mapping.listing import choose, look, read, sources
from flows.web.mapping.saving import change, plan, review, saved, write
from flows.web.mapping.workbench import check, edit, read_again
from flows.web.pages import Pages
from pipeline.model.users import Role


def mapping_routes(pages: Pages) -> list[BaseRoute]:
    """Return the routes of the pages on which users map."""
    shows = partial(pages.route, needs=Role.MAPPER)
    does = partial(pages.route, needs=Role.MAPPER, method="POST")
    return [
        shows("/sources", sources),
        shows("/sources/new", choose),
        does("/sources/new/look", look),
        does("/sources/new/read", read),
        does("/sources/new/check", check),
        does("/sources/new/review", review),
        does("/sources/new/write", write),
        shows("/sources/{name}", edit),
        does("/sources/{name}/read", read_again),
        does("/sources/{name}/check", check),
        does("/sources/{name}/review", review),
        does("/sources/{name}/write", write),
        does("/sources/{name}/change", change),
        shows("/sources/{name}/saved", saved),
        does("/sources/{name}/plan", plan),
    ]
