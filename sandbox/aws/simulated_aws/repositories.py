"""Corrections of moto's ECR."""

from fnmatch import fnmatchcase
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.ecr.models import ECRBackend


def extend() -> None:
    """An image needs its repository, and an immutable tag stays with its image.

    moto 5.2.5 fails with an error of its own for a repository that is not there, says of a tag that is taken
    that this very image is there, and takes the wildcards of exceptions for regular expressions.
    """
    original = ECRBackend.put_image

    def put_image(self: Any, repository_name: str, image_manifest: str, image_tag: str, *args: Any) -> Any:
        repository = self._get_repository(repository_name)
        holders = [each for each in repository.images if image_tag in each.image_tags]
        taken = any(each.image_manifest != image_manifest for each in holders)
        if taken and is_immutable(repository, image_tag):
            raise JsonRESTError(
                "ImageTagAlreadyExistsException",
                f"The image tag '{image_tag}' already exists in the '{repository_name}' repository "
                "and cannot be overwritten because the tag is immutable.",
            )
        return original(self, repository_name, image_manifest, image_tag, *args)

    ECRBackend.put_image = put_image  # type: ignore[assignment, method-assign]


def is_immutable(repository: Any, tag: str) -> bool:
    excluded = any(
        fnmatchcase(tag, each["filter"]) for each in repository.image_tag_mutability_exclusion_filters or []
    )
    return excluded != (repository.image_tag_mutability in ("IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"))
