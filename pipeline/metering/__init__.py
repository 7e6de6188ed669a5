"""Count what a run does: calls against the budget, metrics, and the summary of a run."""
