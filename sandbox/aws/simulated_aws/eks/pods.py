"""Pod identity associations, which moto 5.2.5 answers 404 to."""

from typing import Any

from moto.core.responses import ActionResult

from simulated_aws.eks.common import Answers, missing


class PodIdentities(Answers):
    """Answers about the roles of pods."""

    def create_pod_identity_association(self) -> ActionResult:
        association = self._new_pod_identity(
            self._get_param("namespace"),
            self._get_param("serviceAccount"),
            self._get_param("roleArn"),
            tags=self._get_param("tags"),
        )
        association.update(self._given("disableSessionTags", "targetRoleArn"))
        return ActionResult({"association": association})

    def _association(self) -> dict[str, Any]:
        association = self._extras().pod_identities.get(self._get_param("associationId"))
        if association is None:
            raise missing(f"Pod identity association not found: {self._get_param('associationId')}")
        return association

    def describe_pod_identity_association(self) -> ActionResult:
        return ActionResult({"association": self._association()})

    def update_pod_identity_association(self) -> ActionResult:
        association = self._association()
        association.update(self._given("roleArn", "disableSessionTags", "targetRoleArn"))
        return ActionResult({"association": association})

    def delete_pod_identity_association(self) -> ActionResult:
        association = self._association()
        del self._extras().pod_identities[association["associationId"]]
        return ActionResult({"association": association})

    def list_pod_identity_associations(self) -> ActionResult:
        return ActionResult({"associations": list(self._extras().pod_identities.values())})
