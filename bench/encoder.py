"""How fast one CPU encodes: encoders of MiniLM's and BERT's shape with random weights, run by ONNX Runtime.

Nothing is downloaded. The time is the CPU's own, so that a busy machine measures the same as an idle one.
"""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

BATCH, TOKENS, SECONDS = 16, 256, 5


@dataclass(frozen=True)
class Shape:
    """The numbers of an encoder's config.json."""

    name: str
    layers: int
    width: int
    heads: int = 12

    @property
    def parameters(self) -> int:
        """Parameters of the layers, norms and biases left out."""
        return self.layers * 12 * self.width**2


class Graph:
    """An ONNX graph in the making."""

    def __init__(self) -> None:
        """Starts empty."""
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.random = np.random.default_rng(0)

    def constant(self, array: np.ndarray) -> str:
        """Adds a constant and names it."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def number(self, value: float) -> str:
        """Adds a constant of one number."""
        return self.constant(np.array(value, np.float32))

    def op(self, kind: str, *inputs: str, **attributes: object) -> str:
        """Adds an operation and names its result."""
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def dense(self, x: str, inputs: int, outputs: int) -> str:
        """Adds a matrix with random weights, and its bias."""
        weights = (self.random.standard_normal((inputs, outputs)) * 0.02).astype(np.float32)
        product = self.op("MatMul", x, self.constant(weights))
        return self.op("Add", product, self.constant(np.zeros(outputs, np.float32)))

    def norm(self, x: str, width: int) -> str:
        """Adds a layer normalization."""
        scale, shift = np.ones(width, np.float32), np.zeros(width, np.float32)
        return self.op("LayerNormalization", x, self.constant(scale), self.constant(shift), axis=-1)


def layer(g: Graph, x: str, shape: Shape) -> str:
    """Adds attention and feed-forward network, each with its residual."""
    width, depth = shape.width, shape.width // shape.heads
    split = g.constant(np.array([0, 0, shape.heads, depth], np.int64))
    merge = g.constant(np.array([0, 0, width], np.int64))
    q, k, v = (g.op("Reshape", g.dense(x, width, width), split) for _ in "qkv")
    scores = g.op("MatMul", g.op("Transpose", q, perm=[0, 2, 1, 3]), g.op("Transpose", k, perm=[0, 2, 3, 1]))
    weights = g.op("Softmax", g.op("Mul", scores, g.number(depth**-0.5)), axis=-1)
    mixed = g.op("MatMul", weights, g.op("Transpose", v, perm=[0, 2, 1, 3]))
    joined = g.op("Reshape", g.op("Transpose", mixed, perm=[0, 2, 1, 3]), merge)
    x = g.norm(g.op("Add", x, g.dense(joined, width, width)), width)
    inner = g.dense(x, width, 4 * width)
    gate = g.op("Add", g.op("Erf", g.op("Mul", inner, g.number(2**-0.5))), g.number(1))
    gelu = g.op("Mul", g.op("Mul", inner, g.number(0.5)), gate)
    return g.norm(g.op("Add", x, g.dense(gelu, 4 * width, width)), width)


def encoder(shape: Shape) -> onnx.ModelProto:
    """Builds all layers; embeddings, which are looked up, are left out."""
    g, x = Graph(), "x"
    for _ in range(shape.layers):
        x = layer(g, x, shape)
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", "tokens", shape.width])
    made = helper.make_tensor_value_info(x, TensorProto.FLOAT, None)
    graph = helper.make_graph(g.nodes, shape.name, [given], [made], g.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    return model


def tokens_per_second(path: Path, width: int) -> float:
    """Measures the best of the runs of some seconds, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    x = np.random.default_rng(1).standard_normal((BATCH, TOKENS, width)).astype(np.float32)
    session.run(None, {"x": x})
    best, end = float("inf"), time.monotonic() + SECONDS
    while time.monotonic() < end:
        start = time.process_time()
        session.run(None, {"x": x})
        best = min(best, time.process_time() - start)
    return BATCH * TOKENS / best


def main() -> None:
    """Prints a line per shape and format."""
    with tempfile.TemporaryDirectory() as folder:
        for shape in (Shape("MiniLM-L6", 6, 384), Shape("BERT-base", 12, 768)):
            fp32, int8 = Path(folder, "fp32.onnx"), Path(folder, "int8.onnx")
            onnx.save(encoder(shape), fp32)
            quantize_dynamic(fp32, int8, weight_type=QuantType.QInt8)
            for kind, path in (("fp32", fp32), ("int8", int8)):
                rate = tokens_per_second(path, shape.width)
                speed = 2 * shape.parameters * rate / 1e9
                print(f"{shape.name} {kind}: {rate:.0f} tokens/s, {speed:.0f} GFLOP/s")


if __name__ == "__main__":
    main()
