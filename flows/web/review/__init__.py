"""Review: the queue, the document with its values, and carrying out what users decide."""
