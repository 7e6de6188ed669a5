"""Say what of a page in HTML a browser shows."""
