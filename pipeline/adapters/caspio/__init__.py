"""Caspio: a typed client for its REST API v3, and the pipeline's ports built on it."""
