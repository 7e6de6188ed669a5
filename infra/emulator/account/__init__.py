"""One account: what it has, who may call it, and how a seed fills it."""
