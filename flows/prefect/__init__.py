"""Everything that knows Prefect: flows, deployments, blocks, and what its UI shows."""
