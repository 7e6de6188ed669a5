"""Users, their sessions, and what waits for their decision."""
