"""What an LLM is asked, and what answer is made of its reply."""
