"""Puts a model's weights where an image has them, while it is built: `m2m/images/vllm/Dockerfile`."""
