"""What was asked for and is not begun or not finished: asked again, skipped, or late."""
