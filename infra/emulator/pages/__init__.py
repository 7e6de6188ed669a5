"""Web pages: tables, records before and after, attachments, files, and the calls."""
