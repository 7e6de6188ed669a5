"""The client's operations, one module per part of an account."""
