"""Converse: one chat core, and its faces."""
