"""HTTP for all routes: tokens, parameters, bodies, uploads, answers and faults."""
