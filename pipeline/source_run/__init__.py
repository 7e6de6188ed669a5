"""One run over one source: selection, leases, worker pool, recovery and checks."""
