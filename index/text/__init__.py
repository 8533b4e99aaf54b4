"""Articles and places in them: sentences, structure, citations. No models, no storage."""
