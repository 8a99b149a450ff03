"""The volumes of a pod, and what each is made of."""

from collections.abc import Iterator
from typing import Any

from webhook.admission.rule import Subject
from webhook.source.path import Path

SOURCES = (
    *("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "configMap", "csi", "downwardAPI"),
    *("emptyDir", "ephemeral", "fc", "flexVolume", "flocker", "gcePersistentDisk", "gitRepo", "glusterfs", "hostPath"),
    *("image", "iscsi", "nfs", "persistentVolumeClaim", "photonPersistentDisk", "portworxVolume", "projected"),
    *("quobyte", "rbd", "scaleIO", "secret", "storageos", "vsphereVolume"),
)
"""What a volume can be made of: the keys beside `name` of the API's Volume."""


def volumes_of(subject: Subject) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every volume of the pod with its place; what is no volume at all is left to the API server."""
    pod = subject.pod
    volumes = pod.spec.get("volumes") if pod is not None else None
    if pod is None or not isinstance(volumes, list):
        return
    for index, volume in enumerate(volumes):
        if isinstance(volume, dict):
            yield (*pod.at, "spec", "volumes", index), volume


def sources_of(volume: dict[str, Any]) -> tuple[str, ...]:
    """The keys of what a volume is made of; the API server makes an emptyDir of one that names nothing."""
    return tuple(key for key, source in volume.items() if key != "name" and source is not None) or ("emptyDir",)
