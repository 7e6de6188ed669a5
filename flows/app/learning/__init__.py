"""Learn from filled records, say how it is going, and agree to what is proved."""
