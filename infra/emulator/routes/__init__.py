"""The API's operations: one module for each group of the specification."""
