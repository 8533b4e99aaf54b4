"""A path, URL or bytes to a document: the text of each format, read in a sandbox."""
