"""What AI agents may do with an account: tools, tokens with a scope, an audit, the MCP server."""
