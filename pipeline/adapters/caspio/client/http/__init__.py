"""How calls travel: one transport, one token, one rate, one place where answers are judged."""
