"""Access entries and their policies, which moto 5.2.5 answers 404 to."""

from typing import Any
from urllib.parse import unquote

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.eks.exceptions import InvalidParameterException, ResourceInUseException
from moto.moto_api._internal import mock_random as random

from simulated_aws.eks.common import Answers, missing


class Access(Answers):
    """Answers about who may enter a cluster."""

    def _principal(self) -> str:
        return unquote(self._get_param("principalArn"))

    def _entry(self) -> dict[str, Any]:
        entry = self._extras().entries.get(self._principal())
        if entry is None:
            raise missing("The specified principalArn could not be found. Specify an existing principalArn.")
        return entry

    def create_access_entry(self) -> ActionResult:
        cluster, extras, principal = self._cluster(), self._extras(), self._get_param("principalArn")
        if extras.settings["accessConfig"]["authenticationMode"] == "CONFIG_MAP":
            raise InvalidParameterException(
                message="The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] "
                "to perform this operation."
            )
        if principal in extras.entries:
            raise ResourceInUseException(
                message="The specified access entry resource is already in use on this cluster.",
                clusterName=cluster.name,
            )
        kind, _, name = principal.split(":", 5)[5].partition("/")
        entry = {
            "clusterName": cluster.name,
            "principalArn": principal,
            "kubernetesGroups": self._get_param("kubernetesGroups") or [],
            "accessEntryArn": self._arn(
                f"access-entry/{cluster.name}/{kind}/{self.current_account}/{name}/{random.uuid4()}"
            ),
            "createdAt": utcnow(),
            "modifiedAt": utcnow(),
            "tags": self._get_param("tags") or {},
            "username": self._get_param("username")
            or f"arn:{self.partition}:sts::{self.current_account}:assumed-role/{name}/{{{{SessionName}}}}",
            "type": self._get_param("type") or "STANDARD",
        }
        extras.entries[principal] = {"entry": entry, "policies": {}}
        return ActionResult({"accessEntry": entry})

    def describe_access_entry(self) -> ActionResult:
        return ActionResult({"accessEntry": self._entry()["entry"]})

    def update_access_entry(self) -> ActionResult:
        entry = self._entry()["entry"]
        entry.update(self._given("kubernetesGroups", "username"))
        return ActionResult({"accessEntry": entry})

    def delete_access_entry(self) -> ActionResult:
        self._entry()
        del self._extras().entries[self._principal()]
        return ActionResult({})

    def list_access_entries(self) -> ActionResult:
        return ActionResult({"accessEntries": list(self._extras().entries)})

    def associate_access_policy(self) -> ActionResult:
        policy = self._given("policyArn", "accessScope") | {"associatedAt": utcnow(), "modifiedAt": utcnow()}
        self._entry()["policies"][policy["policyArn"]] = policy
        return ActionResult(
            {
                "clusterName": self._get_param("name"),
                "principalArn": self._principal(),
                "associatedAccessPolicy": policy,
            }
        )

    def list_associated_access_policies(self) -> ActionResult:
        return ActionResult(
            {
                "clusterName": self._get_param("name"),
                "principalArn": self._principal(),
                "associatedAccessPolicies": list(self._entry()["policies"].values()),
            }
        )

    def disassociate_access_policy(self) -> ActionResult:
        self._entry()["policies"].pop(unquote(self._get_param("policyArn")), None)
        return ActionResult({})
