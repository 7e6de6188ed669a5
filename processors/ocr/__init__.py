"""Optical character recognition: engines, choice per page, orientation, cache."""
