"""What a file is, and opening it safely."""
