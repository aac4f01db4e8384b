"""A simulated AWS: moto, with what the platform needs and moto lacks."""
