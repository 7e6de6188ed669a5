"""Parts of what is shown on a terminal."""
