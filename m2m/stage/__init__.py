"""Stages a model's weights once from the hub into the models bucket.

It shares the entrypoint's code and, like it, needs nothing but Python's standard library: the folder
`entrypoint` lies beside this one, and any image with python3 runs both.
"""
