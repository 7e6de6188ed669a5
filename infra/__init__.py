"""What the pipeline runs with: a local Caspio, sample documents, a local store, deployment files."""
