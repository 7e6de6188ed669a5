"""Read each document in a child process with limits."""
