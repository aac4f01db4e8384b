"""Writes a Llama of 160 thousand random parameters as GGUF: python tiny_model.py FILE [--embeds].

It is a stand-in for a model, not a small model: real tokens, a real KV cache and real sampling, but no sense in
what it says. The same file to the byte each time, so that its checksum can be pinned.

Weights come from Python's `random.Random(seed).random()`, the one generator whose numbers the language promises
to keep (docs.python.org, `random`, "Notes on Reproducibility"), scaled by sums and products that round the same
on every machine.
"""

import argparse
import random
from pathlib import Path

import numpy as np
import numpy.typing as npt
from gguf import GGUFWriter, PoolingType, TokenType

NAME = "tiny-random-llama"
SEED = 20261125
LAYERS = 2
WIDTH = 64
HEADS = 4
KV_HEADS = 2
FEED_FORWARD = 128
CONTEXT = 4096

# What it says is made of these, each after a space.
WORDS = """
a about after again all also an and any are as at back be because been before but by can cannot come could
day did do does down each even every few find first for from get give go good had has have he her here him
his how i if in into is it its just know like little long look made make man many may me men more most much
must my never new no not now of old on one only or other our out over own people place part right said same
say see she should so some still such take tell than that the their them then there these they thing think
this those through time to too two under up us use used very want was water way we well were what when where
which who will with word work world would write year you your cloud model token graph batch cache queue
stream weight layer server client answer question number memory river stone light
""".split()  # noqa: SIM905  # readable

# llama.cpp's control tokens go last, so that ids of plain tokens do not depend on them.
START, END, TURN, TURN_END = "<s>", "</s>", "<|turn|>", "<|end|>"
TEMPLATE = (
    "{% for message in messages %}<|turn|>{{ message['role'] }}\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|turn|>assistant\n{% endif %}"
)

Matrix = npt.NDArray[np.float32]


def byte_alphabet() -> list[str]:
    """The 256 characters that stand for bytes in GPT-2's vocabulary: printable ones for themselves."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


def vocabulary() -> tuple[list[str], list[str]]:
    """Tokens and the merges that make words of them."""
    alphabet = byte_alphabet()
    space = alphabet[ord(" ")]
    tokens = dict.fromkeys(alphabet)
    merges: dict[str, None] = {}
    for word in WORDS:
        made = space
        for letter in word:
            merges[f"{made} {letter}"] = None
            made += letter
            tokens[made] = None
    return [*tokens, START, END, TURN, TURN_END], list(merges)


class Weights:
    """Numbers in (-scale, scale), one stream for the whole model."""

    def __init__(self, seed: int) -> None:
        """Begin the stream."""
        self._random = random.Random(seed)  # noqa: S311  # not for secrets

    def matrix(self, rows: int, columns: int, scale: float) -> Matrix:
        """The next ``rows * columns`` numbers."""
        numbers = [(2 * self._random.random() - 1) * scale for _ in range(rows * columns)]
        return np.array(numbers, dtype=np.float32).reshape(rows, columns)


def steer(embedding: Matrix, output: Matrix, tokens: list[str]) -> None:
    """Make whole words likely, and parts of words and control tokens not, but for the end now and then.

    Llama has no bias at its output. Column 0 of the residual stream is therefore the same for each token (no
    layer writes to it), and a token's weight for it is its bias.
    """
    words = {byte_alphabet()[ord(" ")] + word for word in WORDS}
    embedding[:, 0] = 1.0
    for number, token in enumerate(tokens):
        output[number, 0] = {True: 0.0, False: -9.0}[token in words]
    output[tokens.index(END), 0] = 0.25


def describe(writer: GGUFWriter) -> None:
    """Say what kind of Llama it is."""
    writer.add_name(NAME)
    writer.add_description("Random weights: for tests of what serves a model, not of a model.")
    writer.add_license("Apache-2.0")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)


def add_tokenizer(writer: GGUFWriter, tokens: list[str], merges: list[str]) -> None:
    """Byte-level BPE, as GPT-2's."""
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.NORMAL] * (len(tokens) - 4) + [TokenType.CONTROL] * 4)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(tokens.index(START))
    writer.add_eos_token_id(tokens.index(END))
    writer.add_eot_token_id(tokens.index(TURN_END))
    writer.add_add_bos_token(value=True)
    writer.add_chat_template(TEMPLATE)


def add_block(writer: GGUFWriter, block: str, weights: Weights) -> None:
    """One layer."""
    ones = np.ones(WIDTH, dtype=np.float32)
    attended = KV_HEADS * (WIDTH // HEADS)
    writer.add_tensor(f"{block}.attn_norm.weight", ones)
    writer.add_tensor(f"{block}.attn_q.weight", weights.matrix(WIDTH, WIDTH, 0.2))
    writer.add_tensor(f"{block}.attn_k.weight", weights.matrix(attended, WIDTH, 0.2))
    writer.add_tensor(f"{block}.attn_v.weight", weights.matrix(attended, WIDTH, 0.2))
    into = weights.matrix(WIDTH, WIDTH, 0.2)
    down = weights.matrix(WIDTH, FEED_FORWARD, 0.2)
    # Column 0 of the residual stream stays what the embedding made it.
    into[0, :] = down[0, :] = 0.0
    writer.add_tensor(f"{block}.attn_output.weight", into)
    writer.add_tensor(f"{block}.ffn_norm.weight", ones)
    writer.add_tensor(f"{block}.ffn_gate.weight", weights.matrix(FEED_FORWARD, WIDTH, 0.2))
    writer.add_tensor(f"{block}.ffn_up.weight", weights.matrix(FEED_FORWARD, WIDTH, 0.2))
    writer.add_tensor(f"{block}.ffn_down.weight", down)


def write(path: Path, *, embeds: bool = False) -> None:
    """Write the model to ``path``: one that makes a text's last token a vector, or one that generates."""
    tokens, merges = vocabulary()
    weights = Weights(SEED)
    writer = GGUFWriter(path, "llama")
    describe(writer)
    if embeds:
        # What tells Ollama and llama.cpp what a model is for.
        writer.add_pooling_type(PoolingType.LAST)
    add_tokenizer(writer, tokens, merges)
    embedding = weights.matrix(len(tokens), WIDTH, 1.0)
    output = weights.matrix(len(tokens), WIDTH, 0.25)
    steer(embedding, output, tokens)
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, dtype=np.float32))
    writer.add_tensor("output.weight", output)
    for layer in range(LAYERS):
        add_block(writer, f"blk.{layer}", weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--embeds", action="store_true")
    asked = parser.parse_args()
    write(asked.file, embeds=asked.embeds)
