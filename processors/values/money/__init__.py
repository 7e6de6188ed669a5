"""Amounts of money: totals, taxes and currencies."""
