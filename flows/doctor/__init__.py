"""Whether an installation is well, and how an account behaves."""
