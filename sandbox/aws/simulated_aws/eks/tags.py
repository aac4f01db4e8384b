"""Tags of everything in EKS: moto 5.2.5 knows those of clusters."""

from urllib.parse import unquote

from moto.core.responses import ActionResult

from simulated_aws.eks.common import Answers, missing


class Tags(Answers):
    """Answers about tags."""

    def _tags(self) -> dict[str, str]:
        arn = unquote(self._extract_arn_from_path())
        for cluster in self.eks_backend.clusters.values():
            extras = self._extras(cluster)
            if cluster.arn == arn:
                return cluster.tags
            for group in cluster.nodegroups.values():
                if group.arn == arn:
                    return group.tags
            for kept in extras.addons.values():
                if kept["addon"]["addonArn"] == arn:
                    return kept["addon"]["tags"]
            for kept in extras.entries.values():
                if kept["entry"]["accessEntryArn"] == arn:
                    return kept["entry"]["tags"]
            for association in extras.pod_identities.values():
                if association["associationArn"] == arn:
                    return association["tags"]
        raise missing(f"Resource was not found: {arn}")

    def tag_resource(self) -> ActionResult:
        self._tags().update(self._get_param("tags"))
        return ActionResult({})

    def untag_resource(self) -> ActionResult:
        names = self._get_param("tagKeys")
        tags = self._tags()
        for name in names if isinstance(names, list) else [names]:
            tags.pop(name, None)
        return ActionResult({})

    def list_tags_for_resource(self) -> ActionResult:
        return ActionResult({"tags": self._tags()})
