"""Trains the reader: `python -m training DATA` writes its weights."""
