"""Several calls in one step: find, download, update and upsert many records."""
