"""What users see and fill in in the Prefect UI, and the events that are sent to its server."""
