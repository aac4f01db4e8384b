"""Says whose a bearer token is, as EKS's authenticator does.

A token is a signed request for the caller's identity: `aws eks get-token` signs one to STS and never
sends it; the token is its URL. The access entries of the cluster say who its caller is to Kubernetes.
Signatures are not checked: as in the rest of moto, any key is somebody's.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from moto.eks.models import eks_backends
from moto.sts.models import sts_backends

from simulated_aws.calls import App, Environ

prefix = "/_simulated/token-reviews/"
scheme = "k8s-aws-v1."
administrators = "system:masters"
administrator_policy = "AmazonEKSClusterAdminPolicy"


def path_of(account: str, region: str, cluster: str) -> str:
    """Path of a cluster's reviews."""
    return f"{prefix}{account}/{region}/{cluster}"


def caller(token: str, account: str, region: str) -> str | None:
    """The identity's ARN, or None where the token is not one of AWS's."""
    if not token.startswith(scheme):
        return None
    encoded = token.removeprefix(scheme)
    try:
        url = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        query = parse_qs(urlsplit(url).query)
        access_key = query["X-Amz-Credential"][0].split("/")[0]
    except (ValueError, KeyError):
        return None
    if query.get("Action") != ["GetCallerIdentity"]:
        return None
    arn: str = sts_backends[account]["aws"].get_caller_identity(access_key, region)[1]
    return arn


def principal(arn: str) -> str:
    """The IAM principal that an access entry names: a session's role, else the identity itself."""
    session = re.fullmatch(r"arn:([\w-]+):sts::(\d+):assumed-role/([^/]+)/.+", arn)
    return f"arn:{session[1]}:iam::{session[2]}:role/{session[3]}" if session else arn


def groups_of(cluster: Any, arn: str) -> list[str] | None:
    """Groups of a caller in a cluster; None where it may not enter."""
    extras = cluster.extras
    creator = extras.creator == principal(arn)
    groups = [administrators] if creator and extras.settings["accessConfig"][bootstrap] else []
    entry = extras.entries.get(principal(arn))
    if entry is None:
        return groups or None
    groups += entry["entry"]["kubernetesGroups"]
    for policy in entry["policies"]:
        name = policy.rsplit("/", 1)[1]
        groups.append(administrators if name == administrator_policy else f"eks:{name}")
    return groups


bootstrap = "bootstrapClusterCreatorAdminPermissions"


def review(token: str, account: str, region: str, name: str) -> dict[str, Any]:
    """The status of a TokenReview."""
    cluster = eks_backends[account][region].clusters.get(name)
    arn = caller(token, account, region)
    if cluster is None or arn is None:
        return {"authenticated": False, "error": "not a token of this cluster"}
    groups = groups_of(cluster, arn)
    if groups is None:
        return {"authenticated": False, "error": f"no access entry of {name} names {principal(arn)}"}
    return {"authenticated": True, "user": {"username": arn, "groups": groups}}


class Authenticator:
    """Answers TokenReviews of API servers, and hands everything else on."""

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith(prefix):
            return self._app(environ, start_response)
        account, region, name = path.removeprefix(prefix).split("/")
        asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        answer = {
            "apiVersion": asked["apiVersion"],
            "kind": "TokenReview",
            "status": review(asked["spec"]["token"], account, region, name),
        }
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]
