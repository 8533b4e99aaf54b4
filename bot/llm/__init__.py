"""Answers in the words of an LLM, each supported by citations."""
