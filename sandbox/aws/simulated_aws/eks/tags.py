"""Tags of everything in EKS: moto 5.2.5 knows those of clusters."""

from collections.abc import Iterator
from urllib.parse import unquote

from moto.core.responses import ActionResult

from simulated_aws.eks.common import Answers, missing


class Tags(Answers):
    """Answers about tags."""

    def _tags(self) -> dict[str, str]:
        arn = unquote(self._extract_arn_from_path())
        for known, tags in self._tagged():
            if known == arn:
                return tags
        raise missing(f"Resource was not found: {arn}")

    def _tagged(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Everything that has tags, with its ARN."""
        for cluster in self.eks_backend.clusters.values():
            extras = self._extras(cluster)
            yield cluster.arn, cluster.tags
            yield from ((group.arn, group.tags) for group in cluster.nodegroups.values())
            addons = (kept["addon"] for kept in extras.addons.values())
            yield from ((addon["addonArn"], addon["tags"]) for addon in addons)
            entries = (kept["entry"] for kept in extras.entries.values())
            yield from ((entry["accessEntryArn"], entry["tags"]) for entry in entries)
            pods = extras.pod_identities.values()
            yield from ((pod["associationArn"], pod["tags"]) for pod in pods)

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
