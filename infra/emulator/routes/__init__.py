"""The API's operations, one module per group of the specification."""
