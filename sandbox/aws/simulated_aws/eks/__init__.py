"""EKS beyond moto's clusters and node groups: access entries, add-ons, pod identities, updates, tags."""

from collections.abc import Callable, Iterable
from typing import Any

from moto.eks import urls

from simulated_aws.calls import App, Environ
from simulated_aws.eks import instances
from simulated_aws.eks.access import Access
from simulated_aws.eks.addons import Addons
from simulated_aws.eks.clusters import Clusters
from simulated_aws.eks.nodegroups import Nodegroups
from simulated_aws.eks.pods import PodIdentities
from simulated_aws.eks.tags import Tags


class Response(Clusters, Nodegroups, Addons, Access, PodIdentities, Tags):
    """moto's EKS with the rest of it."""


def extend() -> None:
    """Puts this module's answers in the place of moto's."""
    instances.heed_capacity()
    response = Response()
    paths = [path for path in urls.url_paths if "/clusters" in path or "/tags" in path]
    cluster = "{0}/clusters/(?P<name>[^/]+)"
    paths += [
        f"{cluster}/addons$",
        f"{cluster}/addons/(?P<addonName>[^/]+)$",
        f"{cluster}/addons/(?P<addonName>[^/]+)/update$",
        f"{cluster}/access-entries$",
        f"{cluster}/access-entries/(?P<principalArn>[^/]+)$",
        f"{cluster}/access-entries/(?P<principalArn>[^/]+)/access-policies$",
        f"{cluster}/access-entries/(?P<principalArn>[^/]+)/access-policies/(?P<policyArn>[^/]+)$",
        f"{cluster}/pod-identity-associations$",
        f"{cluster}/pod-identity-associations/(?P<associationId>[^/]+)$",
        f"{cluster}/updates$",
        f"{cluster}/updates/(?P<updateId>[^/]+)$",
        f"{cluster}/encryption-config/associate$",
        f"{cluster}/node-groups/(?P<nodegroupName>[^/]+)/update-version$",
        "{0}/addons/supported-versions$",
        "{0}/cluster-versions$",
    ]
    urls.url_paths.clear()
    urls.url_paths.update(dict.fromkeys(paths, response.dispatch))


class EncodedPaths:
    """Keeps names in EKS's paths encoded.

    A principal's ARN holds slashes, and moto splits paths at slashes.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["simulated_aws.call"][0] == "eks":
            environ["PATH_INFO"] = environ["REQUEST_URI"].partition("?")[0]
        return self._app(environ, start_response)
