"""Records in sync: connect both sides, run, plan, undo, decide."""
