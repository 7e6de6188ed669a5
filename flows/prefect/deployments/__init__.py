"""Deployments: what Prefect knows of the flows, and the processes that run what is due."""
