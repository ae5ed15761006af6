"""The manifests: known to Kubernetes, without needless rights, and every name in them leads somewhere."""

from __future__ import annotations

from pathlib import Path

import kubernetes_validate
import pytest

from tests.deploy.files import OBJECTS, PODS, WAYS, Object, container, loaded, manifests, of

RELEASES = ["1.30.0", "1.37.0"]
"""Of Kubernetes: the oldest that the manifests say they need, and the newest with a schema."""


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("manifest", manifests())
def test_kubernetes_knows_every_object_and_key(manifest: Object, release: str) -> None:
    kubernetes_validate.validate(manifest, release, strict=True)


def test_a_key_that_kubernetes_does_not_know_is_found() -> None:
    (budget, *_) = of("PodDisruptionBudget").values()
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(budget | {"spec": {"maxUnavailabel": 1}}, RELEASES[-1], strict=True)


def test_the_namespace_comes_first_and_holds_the_rest() -> None:
    first, *rest = OBJECTS
    assert first["kind"] == "Namespace"
    assert {one["metadata"]["namespace"] for one in rest} == {first["metadata"]["name"]}


@pytest.mark.parametrize("name", PODS)
def test_pods_hold_no_right_that_they_do_not_need(name: str) -> None:
    pod, one = PODS[name]["spec"], container(name)["securityContext"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert one["capabilities"] == {"drop": ["ALL"]}
    assert one["readOnlyRootFilesystem"] is True and one["allowPrivilegeEscalation"] is False
    assert container(name)["resources"]["requests"].keys() == {"cpu", "memory"}


@pytest.mark.parametrize("name", PODS)
def test_what_a_pod_mounts_and_reads_exists(name: str) -> None:
    volumes = PODS[name]["spec"]["volumes"]
    assert {each["name"] for each in container(name)["volumeMounts"]} == {each["name"] for each in volumes}
    assert all(each["configMap"]["name"] in of("ConfigMap") for each in volumes if "configMap" in each)
    assert all(each["secret"]["secretName"] in of("Secret") for each in volumes if "secret" in each)
    for one in container(name)["env"]:
        if "valueFrom" in one:
            asked = one["valueFrom"]["secretKeyRef"]
            assert asked["key"] in of("Secret")[asked["name"]]["stringData"]


@pytest.mark.parametrize("name", ["gateway-ingest", "gateway-worker"])
def test_a_deployment_has_at_least_two_pods_a_budget_and_a_policy(name: str) -> None:
    labels = PODS[name]["metadata"]["labels"]
    scaler = of("HorizontalPodAutoscaler")[name]["spec"]
    assert of("Deployment")[name]["spec"]["selector"]["matchLabels"] == labels
    assert scaler["scaleTargetRef"]["name"] == name and scaler["minReplicas"] >= 2
    assert of("PodDisruptionBudget")[name]["spec"]["selector"]["matchLabels"] == labels
    assert of("NetworkPolicy")[name]["spec"]["podSelector"]["matchLabels"] == labels


def test_the_ingress_reaches_the_nodes_that_receive(tmp_path: Path) -> None:
    (rule,) = of("Ingress")["gateway"]["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    service = of("Service")[path["backend"]["service"]["name"]]["spec"]
    assert service["selector"] == PODS["gateway-ingest"]["metadata"]["labels"]
    assert {each["targetPort"] for each in service["ports"]} == {"http"}
    sources = loaded(WAYS["kubernetes"], tmp_path).sources.values()
    assert all(one.path.startswith(path["path"]) for one in sources)
