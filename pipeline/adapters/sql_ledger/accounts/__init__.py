"""What concerns the ledger of an account as a whole: its role and schema, and a copy of it."""
