"""Models behind an OpenAI-compatible server: what is sent, how failures are met, and how many requests are under way."""
