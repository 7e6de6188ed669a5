"""LangChain's adapter: list the tools, call one. It runs in an environment of its own (mcp<2)."""

import asyncio
import sys

from langchain_mcp_adapters.client import MultiServerMCPClient  # type: ignore[import-not-found]


async def main(url: str, token: str) -> None:
    """Ask the server."""
    headers = {"Authorization": f"Bearer {token}"}
    client = MultiServerMCPClient(
        {"caspio": {"transport": "streamable_http", "url": url, "headers": headers}}
    )
    tools = {tool.name: tool for tool in await client.get_tools()}
    answer = await tools["list_all_caspio_tables"].ainvoke({})
    print(f"{len(tools)} tools {answer}")


asyncio.run(main(*sys.argv[1:]))
