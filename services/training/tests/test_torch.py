"""The example with PyTorch on a CPU: only where PyTorch is installed, which CI leaves out for its 5 GB."""

import signal

import pytest
import torch
from harness.accelerator import Accelerator
from harness.exits import Exit, StopError

from tests.conftest import Lab
from tests.servers import SERVICE

CODE = str(SERVICE.parents[1] / "training")


def config(lab: Lab, precision: str) -> dict[str, object]:
    return lab.config(
        entrypoint="digits:train",
        experiment="digits",
        hyperparameters={"epochs": 6, "batch": 256, "rate": 0.001},
        precision=precision,
    )


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_example_learns_and_goes_on_to_the_same_end(lab: Lab, precision: str) -> None:
    straight = Lab(lab.folder / "straight", lab.key + "00", lab.mlflow, lab.s3)
    outcome = straight.run(config(straight, precision), PYTHONPATH=f"{SERVICE}:{CODE}")
    assert outcome.code == 0, outcome
    (expected,) = straight.runs("digits")
    # One in ten by chance.
    assert expected.data.metrics["accuracy"] > 0.8
    assert expected.data.tags["training.matmul_precision"] == "high"

    attempt = lab.attempt(config(lab, precision), PYTHONPATH=f"{SERVICE}:{CODE}").start()
    attempt.wait_for_line("wrote a checkpoint")
    attempt.signal(signal.SIGTERM)
    assert attempt.outcome().code == 75
    second = lab.run(config(lab, precision), PYTHONPATH=f"{SERVICE}:{CODE}")
    assert (second.code, second.said("training")["attempt"]) == (0, 2)

    (run,) = lab.runs("digits")
    assert lab.history(run, "loss") == straight.history(expected, "loss")
    assert run.data.metrics["accuracy"] == expected.data.metrics["accuracy"]


def test_random_numbers_go_on_where_they_were() -> None:
    accelerator = Accelerator("cpu", "fp32")
    accelerator.seed(3)
    torch.rand(5)
    state = accelerator.random_state()
    expected = torch.rand(5)
    accelerator.restore_random_state(state)
    assert torch.equal(torch.rand(5), expected)


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", torch.bfloat16), ("fp32", torch.float32)])
def test_products_are_in_the_planned_precision(precision: str, dtype: torch.dtype) -> None:
    accelerator = Accelerator("cpu", "bf16" if precision == "bf16" else "fp32")
    weights = torch.ones(2, 2)
    with accelerator.autocast():
        assert (weights @ weights).dtype == dtype
    assert weights.dtype == torch.float32
    assert torch.get_float32_matmul_precision() == "high"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_told() -> None:
    with pytest.raises(StopError, match="finds no GPU") as caught:
        Accelerator("cuda", "bf16")
    assert caught.value.code == Exit.NO_GPU
