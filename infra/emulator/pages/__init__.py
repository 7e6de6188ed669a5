"""Pages for a person: tables, records before and after, attachments, and the calls."""
