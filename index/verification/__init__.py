"""Whether cited sentences support a statement of an LLM's."""
