"""What the pipeline runs with: a local Caspio, samples, a local store, deployment files."""
