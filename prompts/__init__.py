"""What an LLM is told: templates as data, one file each."""
