"""Commands on records and files: run, plan, apply, undo, reprocess, verify, explain, read."""
