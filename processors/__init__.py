"""Reading documents: one processor a module, every document in a child process."""
