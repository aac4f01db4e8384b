"""What all answers about EKS share."""

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.eks.exceptions import ResourceInUseException, ResourceNotFoundException
from moto.eks.models import Cluster
from moto.eks.responses import EKSResponse
from moto.moto_api._internal import mock_random as random

from simulated_aws.durations import Settling

if TYPE_CHECKING:
    from simulated_aws.kubernetes.control_plane import ControlPlane
    from simulated_aws.kubernetes.volumes import Driver


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def missing(what: str, **names: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(message=what, **names)


class Extras:
    """What is kept of a cluster besides moto's own record of it."""

    def __init__(self) -> None:
        self.addons: dict[str, dict[str, Any]] = {}
        self.entries: dict[str, dict[str, Any]] = {}
        self.pod_identities: dict[str, dict[str, Any]] = {}
        self.updates: dict[str, dict[str, Any]] = {}
        self.settings: dict[str, Any] = {}
        self.settling = Settling("eks-cluster")
        self.plane: ControlPlane | None = None
        self.volumes: Driver | None = None
        self.creator = ""
        self.active = False


class Answers(EKSResponse):
    """moto's answers, and the cluster that a request is about."""

    def _cluster(self) -> Cluster:
        return self.eks_backend.describe_cluster(name=self._get_param("name"))

    def _extras(self, cluster: Cluster | None = None) -> Extras:
        owner: Any = cluster or self._cluster()
        if not hasattr(owner, "extras"):
            owner.extras = Extras()
        extras: Extras = owner.extras
        return extras

    def _given(self, *names: str) -> dict[str, Any]:
        given = {name: self._get_param(name) for name in names}
        return {name: value for name, value in given.items() if value is not None}

    def _arn(self, path: str) -> str:
        return f"arn:{self.partition}:eks:{self.region}:{self.current_account}:{path}"

    def _update(self, kind: str) -> ActionResult:
        update: dict[str, Any] = {
            "id": str(random.uuid4()),
            "status": "Successful",
            "type": kind,
            "params": [],
            "createdAt": utcnow(),
            "errors": [],
        }
        self._extras().updates[update["id"]] = update
        return ActionResult({"update": update})

    def _new_pod_identity(
        self,
        namespace: str,
        account: str,
        role: str,
        owner: str | None = None,
        tags: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        cluster, extras = self._cluster(), self._extras()
        for other in extras.pod_identities.values():
            if (other["namespace"], other["serviceAccount"]) == (namespace, account):
                raise ResourceInUseException(
                    message=f"Association already exists: {other['associationId']}", clusterName=cluster.name
                )
        name = f"a-{random.get_random_string(18).lower()}"
        association = {
            "clusterName": cluster.name,
            "namespace": namespace,
            "serviceAccount": account,
            "roleArn": role,
            "associationArn": self._arn(f"podidentityassociation/{cluster.name}/{name}"),
            "associationId": name,
            "tags": tags or {},
            "createdAt": utcnow(),
            "modifiedAt": utcnow(),
            "disableSessionTags": False,
        }
        if owner:
            association["ownerArn"] = owner
        extras.pod_identities[name] = association
        return association
