"""What the pipeline stands on: a local Caspio, sample documents, deployment files."""
