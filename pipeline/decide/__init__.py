"""Decide what to write and how to name it. Pure functions: values in, a plan out."""
