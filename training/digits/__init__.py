"""An example to copy: a small network learns to tell digits that it draws itself, so that it needs no data.

Each digit is its seven segments on a grid of 14 x 10, shifted, with noise. Epochs are drawn from the seed
and their number: one that is begun again after an interruption sees the same.
"""

import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

from harness import Session

SEGMENTS = {
    0: "abcdef",
    1: "bc",
    2: "abdeg",
    3: "abcdg",
    4: "bcfg",
    5: "acdfg",
    6: "acdefg",
    7: "abc",
    8: "abcdefg",
}
PLACES = {
    "a": np.s_[1:2, 3:7],
    "b": np.s_[2:6, 7:8],
    "c": np.s_[7:11, 7:8],
    "d": np.s_[11:12, 3:7],
    "e": np.s_[7:11, 2:3],
    "f": np.s_[2:6, 2:3],
    "g": np.s_[6:7, 3:7],
}
SEGMENTS[9] = "abcdfg"


def train(session: Session) -> dict[str, float]:
    """Train it; return how many of 2,000 new digits it tells."""
    parameters = session.hyperparameters
    epochs, batch = int(parameters["epochs"]), int(parameters["batch"])
    device = torch.device(session.device)
    network = nn.Sequential(
        nn.Linear(140, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)
    )
    network.to(device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=float(parameters["rate"]))
    scaler = session.scaler()
    if session.restored:
        state = torch.load(session.restored / "state.pt", map_location=device, weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        scaler.load_state_dict(state["scaler"])

    def save(folder: Path) -> None:
        state = {
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scaler": scaler.state_dict(),
        }
        torch.save(state, folder / "state.pt")

    for epoch in range(session.step + 1, epochs + 1):
        images, digits = draw(4096, np.random.default_rng([session.seed, epoch]))
        total = 0.0
        for start in range(0, len(images), batch):
            optimizer.zero_grad()
            with session.autocast():
                scores = network(torch.from_numpy(images[start : start + batch]).to(device))
                target = torch.from_numpy(digits[start : start + batch]).to(device)
                loss = nn.functional.cross_entropy(scores, target)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            total += loss.item() * len(target)
        session.done(epoch, save, {"loss": total / len(images)})

    with tempfile.TemporaryDirectory() as folder:
        torch.save(network.state_dict(), Path(folder, "weights.pt"))
        session.artifact(Path(folder, "weights.pt"), "model")
    images, digits = draw(2000, np.random.default_rng([session.seed, 0]))
    with torch.no_grad():
        told = network(torch.from_numpy(images).to(device)).argmax(dim=1).cpu().numpy()
    return {"accuracy": float((told == digits).mean())}


def draw(count: int, dice: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw digits with their names."""
    digits = dice.integers(0, 10, count)
    images = dice.normal(0, 0.35, (count, 14, 10)).astype(np.float32)
    for image, digit in zip(images, digits, strict=True):
        clean = np.zeros((14, 10), dtype=np.float32)
        for segment in SEGMENTS[int(digit)]:
            clean[PLACES[segment]] = 1
        np.add(image, np.roll(clean, dice.integers(-1, 2, 2), axis=(0, 1)), out=image)
    return images.reshape(count, -1), digits
