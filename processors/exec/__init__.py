"""Run external programs, one module per program."""
