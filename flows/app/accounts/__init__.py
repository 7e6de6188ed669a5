"""Several accounts: their secrets, and adding, exporting and deleting one."""
