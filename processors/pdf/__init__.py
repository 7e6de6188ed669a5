"""PDF documents: text layer, scans, rendering."""
