"""What is stored: articles and their vectors, in SQLite and FAISS or in PostgreSQL."""
