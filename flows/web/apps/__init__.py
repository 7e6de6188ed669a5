"""The account's applications and DataPages."""
