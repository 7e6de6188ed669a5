"""What an account holds: tables, records, attachments, the Files area. It does not know HTTP."""
