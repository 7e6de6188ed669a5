"""The HTTP API: the tools of agents as REST, with the same tokens, scopes and audit."""
