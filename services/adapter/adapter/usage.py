"""Reads how many tokens an answer took."""

from collections.abc import Mapping

from adapter.call import Usage


def report(usage: Usage, answer: Mapping[str, object]) -> None:
    """Take the engine's own count from an answer or an event, where there is one."""
    counted = answer.get("usage")
    if not isinstance(counted, Mapping):
        return
    prompt, generated = counted.get("prompt_tokens"), counted.get("completion_tokens")
    if isinstance(prompt, int):
        usage.prompt = prompt
        usage.generated = generated if isinstance(generated, int) else 0
        usage.reported = True


def has_text(event: Mapping[str, object]) -> bool:
    """Whether an event of a stream carries something that was generated, and not only a role or an end."""
    return any(_generated(choice) for choice in choices(event))


def choices(answer: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The choices of an answer or an event."""
    found = answer.get("choices")
    return [choice for choice in found if isinstance(choice, Mapping)] if isinstance(found, list) else []


def _generated(choice: Mapping[str, object]) -> bool:
    delta = choice.get("delta")
    if not isinstance(delta, Mapping):
        return bool(choice.get("text"))
    # vLLM calls what a model thinks `reasoning`, llama.cpp and older engines `reasoning_content`.
    return any(
        delta.get(key) for key in ("content", "tool_calls", "reasoning", "reasoning_content", "refusal")
    )
