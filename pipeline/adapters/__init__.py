"""Everything that knows a vendor."""
