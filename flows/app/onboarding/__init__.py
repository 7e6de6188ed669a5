"""From credentials to a settings file: what `init` does with an account."""
