"""Commands on the account and the installation: init, doctor, caspio, blocks."""
