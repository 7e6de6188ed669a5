"""`blocks`: settings that people fill in in the Prefect UI."""

from flows.cli.common import EXIT_SETTINGS, AsJson, Failure, complain, out, print_json
from pipeline.settings import environment


def blocks(as_json: AsJson = False) -> None:
    """List the Prefect blocks that settings can name.

    Their types are made known to the server first.
    """
    if not environment("PREFECT_API_URL"):
        complain(
            "No Prefect server", ["Export PREFECT_API_URL, such as http://127.0.0.1:4200/api."]
        )
        raise Failure(EXIT_SETTINGS)
    from flows.prefect.blocks import TYPES, known, register as register_types

    register_types()
    types, found = [kind.get_block_type_slug() for kind in TYPES], list(known())
    if as_json:
        named = [{"section": section, "block": f"{slug}/{name}"} for section, slug, name in found]
        print_json({"types": types, "blocks": named})
        return
    console = out()
    console.print(
        f"Known to the server: {', '.join(types)}. Fill one in in its UI, under Blocks.",
        highlight=False,
    )
    for section, slug, name in found:
        console.print(f'  [{section}] block = "{slug}/{name}"', markup=False, highlight=False)
