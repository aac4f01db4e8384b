"""Asks models with clients that people have: python ask_models.py ORIGIN KEY MODEL EMBEDDER. Prints JSON."""

import json
import sys

import openai

import ollama

origin, key, model, embedder = sys.argv[1:]
messages = [{"role": "user", "content": "hi"}]
refused = openai.OpenAI(base_url=f"{origin}/v1", api_key="sk-wrong", max_retries=0)
client = openai.OpenAI(base_url=f"{origin}/v1", api_key=key, max_retries=0)
native = ollama.Client(host=origin, headers={"Authorization": f"Bearer {key}"})

try:
    refused.models.list()
    wrong_key = "none"
except openai.AuthenticationError as error:
    wrong_key = str(error.code)

chat = client.chat.completions.create(model=model, messages=messages, max_tokens=8, temperature=0)
completion = client.completions.create(model=model, prompt="the river", max_tokens=8, temperature=0)
with client.chat.completions.create(
    model=model, messages=messages, max_tokens=8, temperature=0, stream=True
) as stream:
    pieces = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
options = {"num_predict": 8, "temperature": 0}
generated = native.generate(model=model, prompt="hi", options=options)
texts = ["the river", "the stone", "the river"]
embedded = client.embeddings.create(model=embedder, input=texts, encoding_format="float")
chatted = list(native.chat(model=model, messages=messages, options=options, stream=True))

json.dump(
    {
        "models": sorted(entry.id for entry in client.models.list()),
        "wrong_key": wrong_key,
        "openai": {
            "chat": chat.choices[0].message.content,
            "tokens": chat.usage.completion_tokens if chat.usage else 0,
            "completion": completion.choices[0].text,
            "pieces": [piece for piece in pieces if piece],
        },
        "vectors": [row.embedding for row in embedded.data],
        "ollama": {
            "vectors": [list(row) for row in native.embed(model=embedder, input=texts).embeddings],
            "models": sorted(entry.model or "" for entry in native.list().models),
            "generated": generated.response,
            "pieces": [part.message.content for part in chatted if part.message.content],
            "done": chatted[-1].done,
        },
    },
    sys.stdout,
)
