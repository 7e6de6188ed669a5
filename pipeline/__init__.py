"""What happens to one file, from the record it was uploaded to and back."""
