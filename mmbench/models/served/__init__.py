"""Models behind an OpenAI-compatible server: what is sent, how failures are met, and how many requests are under way."""

SETTINGS = (  # arguments that move no answer
    "modalities", "api_key_env", "concurrency", "timeout", "max_attempts", "deadline", "startup", "give_up_after",
    "requests_per_minute", "tokens_per_minute", "input_price", "output_price", "image_tokens",
)  # fmt: skip
