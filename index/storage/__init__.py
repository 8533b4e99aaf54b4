"""What is kept: articles and their vectors, in SQLite and FAISS or in PostgreSQL."""
