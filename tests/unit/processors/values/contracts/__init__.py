"""Tests of the values of a contract: its parties and its date."""
