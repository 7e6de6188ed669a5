"""What the emulated account holds: tables, records, attachments, the Files area. Knows nothing of HTTP."""
