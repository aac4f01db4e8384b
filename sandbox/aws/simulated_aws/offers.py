"""What AWS offers to the account: quotas, and what EKS has. `offers.json` in the state folder says it.

    {"quotas": [{"service": "ec2", "code": "L-DB2E81BA", "name": "...", "value": 0}],
     "kubernetes": {"1.36": {"addons": {"coredns": ["v1.14.6-eksbuild.4"]}, "images": ["amazon-eks-..."]}},
     "addonPods": {"coredns": [{"configuredBy": "", "manifest": {"kind": "Deployment", ...}}]}}

`configuredBy` names the part of an add-on's configuration values that changes the manifest's pods.

It is read anew for each call, so that a drill can take something away.
"""

import json
from pathlib import Path
from typing import Any

file: Path | None = None
"""Where it is, once the server runs."""


def read() -> dict[str, Any]:
    nothing: dict[str, Any] = {"quotas": [], "kubernetes": {}, "addonPods": {}}
    return nothing | json.loads(file.read_text()) if file is not None and file.exists() else nothing


def write(offers: dict[str, Any]) -> None:
    if file is None:
        return
    unfinished = file.with_suffix(".new")
    unfinished.write_text(json.dumps(offers))
    unfinished.rename(file)
