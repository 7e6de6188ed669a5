"""The five verbs of the line: enumerate, fetch, process, archive, write back."""
