"""Commands that work on records and files: run, plan, apply, undo, reprocess, verify, status, explain, read."""
