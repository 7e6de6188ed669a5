"""What a run does, with or without Prefect, and the wiring of adapters."""
