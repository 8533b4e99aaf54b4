"""Ranked sentences to an answer: what is cited, how sure, and in which conversation."""
