"""Tests of the issuer of a document: its name and its address."""
