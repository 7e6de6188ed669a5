"""Compare source, ledger and archive; repair what can be repaired without writing to Caspio."""
