"""The one door to every engine: OpenAI's and Ollama's calls, with keys, limits, accounts and fallbacks."""

__version__ = "0.1.0"
