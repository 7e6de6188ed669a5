"""Reading order of the text on a page."""
