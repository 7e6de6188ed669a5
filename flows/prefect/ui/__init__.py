"""What a person sees and fills in in Prefect's UI, and what its server is told."""
