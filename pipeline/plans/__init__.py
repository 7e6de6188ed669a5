"""Plans as files: write one, apply exactly what it says, undo a run."""
