"""What a run does, with or without Prefect: from an order to a report."""
