"""`blocks`: parts of the settings that users fill in in the Prefect UI."""

from flows.cli.common import AsJson, out, print_json


def blocks(as_json: AsJson = False) -> None:
    """List the Prefect blocks that settings can name.

    Their types are registered at the server first.
    """
    from flows.prefect.server import reachable_server

    # Prefect is imported inside: that takes a second, and is of no use without a server.
    with reachable_server():
        from flows.prefect.blocks import SLUGS, TYPES, known, register as register_types

        register_types()
        types, found = [kind.get_block_type_slug() for kind in TYPES], list(known())
    if as_json:
        named = [{"section": section, "block": f"{slug}/{name}"} for section, slug, name in found]
        print_json({"types": list(SLUGS), "registered": types, "blocks": named})
        return
    console = out()
    others = ", ".join(slug for slug in SLUGS if slug not in types)
    line = f"Registered: {', '.join(types)}. Fill one in in Prefect's UI, under Blocks."
    console.print(f"{line} Settings can also name a block of {others}.")
    for section, slug, name in found:
        console.print(f'  [{section}] block = "{slug}/{name}"')
