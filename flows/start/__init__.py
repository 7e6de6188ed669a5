"""Beginning: the demo, and the settings file for an account."""
