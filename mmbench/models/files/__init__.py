"""Answers, numbers, pair scores and embeddings that somebody made elsewhere, read from files: what the adapter ``file:`` is made of."""
