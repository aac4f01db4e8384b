"""What must be gone before something can be deleted, where moto 5.2.5 deletes it regardless."""

from simulated_aws.deletion import databases, entrances, groups, identities, keys, network


def extend() -> None:
    for module in (network, groups, entrances, databases, identities, keys):
        module.extend()
