module ai-platform/sandbox/images/ollama/library

go 1.26.0
