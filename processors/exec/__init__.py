"""One thin module per external program."""
