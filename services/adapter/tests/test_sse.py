"""Events come out whole and unchanged, however the network cuts them."""

import json
from itertools import pairwise

import pytest
from adapter.sse import EventSplitter, MalformedError, comment, event_of
from hypothesis import given
from hypothesis import strategies as st

objects = st.dictionaries(st.text(max_size=8), st.text(max_size=30) | st.integers() | st.none(), max_size=4)
comments = st.sampled_from([b"", comment("keep-alive")])
ends = st.sampled_from([b"\n", b"\r\n", b"\r"])


def cut(text: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted({place % (len(text) + 1) for place in places}), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


@given(st.lists(objects, max_size=6), ends, st.lists(st.integers(0, 10_000), max_size=12), comments)
def test_the_same_events_however_they_are_cut(
    sent: list[dict[str, object]], end: bytes, places: list[int], between: bytes
) -> None:
    stream = b"".join(between + event_of(json.dumps(content)) for content in sent) + event_of("[DONE]")
    splitter = EventSplitter()
    events = [event for part in cut(stream.replace(b"\n", end), places) for event in splitter.feed(part)]
    # A carriage return at the very end may be half of a line's end.
    events += splitter.feed(b"\n")
    assert [event.content for event in events] == [*sent, None]


@given(objects)
def test_passes_on_what_came_to_the_byte(content: dict[str, object]) -> None:
    raw = b"id: 7\n" + event_of(json.dumps(content))
    (event,) = EventSplitter().feed(raw)
    assert event.raw == raw


def test_joins_lines_of_data() -> None:
    (event,) = EventSplitter().feed(b'data: {"a":\ndata:1}\n\n')
    assert event.content == {"a": 1}


@pytest.mark.parametrize("data", [b"data: {\n\n", b"data: []\n\n", b"data: \xff\n\n"])
def test_refuses_what_is_no_object(data: bytes) -> None:
    with pytest.raises(MalformedError):
        list(EventSplitter().feed(data))


def test_keeps_no_event_without_end() -> None:
    splitter = EventSplitter()
    for _ in range(8):
        assert list(splitter.feed(b"x" * 2**20)) == []
    with pytest.raises(MalformedError, match="event of more"):
        list(splitter.feed(b"x"))
