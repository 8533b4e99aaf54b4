"""A question to ranked sentences: candidates, late interaction, the reader."""
