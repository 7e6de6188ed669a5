"""From what an account holds to a settings file: proposal and text."""
