"""The web page on which users look at runs and decide. `flows/app` does the work."""
