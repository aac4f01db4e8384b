"""Serves the simulated AWS on loopback: python -m simulated_aws --state FOLDER [--port N]."""

import argparse
import os
import signal
import sys
from pathlib import Path

from simulated_aws import durations

# moto reads its settings when it is imported: AWS's own policies are there, certificates take scaled time.
os.environ |= {
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    "MOTO_DISABLE_GLOBAL_CORS": "true",
    "MOTO_ACM_VALIDATION_WAIT": str(60 // durations.speed),
}

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from simulated_aws import (
    anomalies,
    autoscaling,
    balancers,
    budgets,
    certificates,
    databases,
    deletion,
    dns,
    eks,
    images,
    launches,
    moves,
    network,
    offerings,
    offers,
    placement_groups,
    quotas,
    repositories,
    reservations,
    storage,
)
from simulated_aws.attempts import Attempts
from simulated_aws.calls import Recorder
from simulated_aws.cbor import Cbor
from simulated_aws.faults import Faults
from simulated_aws.kubernetes import control_plane
from simulated_aws.kubernetes.authenticator import Authenticator


class Quiet(MotoRequestHandler):
    """Requests are recorded by the recorder, in words."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        del code, size


def main() -> None:
    parser = argparse.ArgumentParser(prog="simulated_aws", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder of calls.jsonl and faults.json")
    parser.add_argument("--port", type=int, default=0, help="port of 127.0.0.1; 0 takes a free one")
    args = parser.parse_args()
    args.state.mkdir(parents=True, exist_ok=True)
    offers.file = args.state / "offers.json"
    durations.read(args.state / "durations.json")
    extensions = (
        anomalies,
        autoscaling,
        balancers,
        budgets,
        certificates,
        databases,
        deletion,
        dns,
        eks,
        images,
        launches,
        moves,
        network,
        offerings,
        placement_groups,
        quotas,
        repositories,
        reservations,
        storage,
    )
    for module in extensions:
        module.extend()
    dns.delegate(args.state / "zones.json")
    app = eks.EncodedPaths(DomainDispatcherApplication(create_backend_app))
    recorded = Recorder(Faults(app, args.state / "faults.json"), args.state / "calls.jsonl")
    answers = Authenticator(Attempts(Cbor(recorded)))
    server = make_server("127.0.0.1", args.port, answers, threaded=True, request_handler=Quiet)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    control_plane.folder = args.state.resolve() / "clusters"
    control_plane.port = server.server_port
    # Written when requests are accepted, and whole: whoever starts this waits for the file.
    address = args.state / "address"
    unfinished = args.state / "address.new"
    unfinished.write_text(f"http://127.0.0.1:{server.server_port}\n")
    unfinished.rename(address)
    try:
        server.serve_forever()
    finally:
        address.unlink(missing_ok=True)
        control_plane.stop_all()


if __name__ == "__main__":
    main()
