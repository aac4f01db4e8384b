"""Starts an inference server in its publisher's own image: checks, fetches the weights, becomes the engine.

Nothing but Python's standard library, from 3.10 on: these files are mounted into images that
must not be changed.
"""
