module ai-platform/test/support/ollama

go 1.26.0

require github.com/ollama/ollama v0.33.3
