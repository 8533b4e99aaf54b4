"""The models: texts to token vectors, and questions and sentences to short answers."""
