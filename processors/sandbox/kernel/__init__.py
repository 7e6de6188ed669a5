"""What the operating system can take away from a process. These modules import nothing of ours."""
