"""Records in sync: convert, compare, decide and write the rows of a table and of its mirror."""
