"""The program: runs with and without Prefect, the command line, webhooks, checks, metrics."""
