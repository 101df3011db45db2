"""The kinds of models that the ``transformers`` library loads: dual encoders, matchers, chat models, speech recognition."""
