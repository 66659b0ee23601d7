"""What is shipped for a team: the image, the manifests and the proxy say what the server does, and well-kept linters agree.

There is no container engine here; what can be run without one is run, with the values that stand in the files.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from clevertap_mcp.auth.tokens_file import digest_of, parsed
from clevertap_mcp.commands.serve import DEFAULT_PORT
from clevertap_mcp.environment import Environment, variable
from clevertap_mcp.settings import Settings, read_settings
from clevertap_mcp.transports.patience import PATIENCE
from clevertap_tools.errors import ConfigurationError
from hosts import account_variables, listening

PROJECT = Path(__file__).parents[2]
DEPLOY = PROJECT / "deploy"
DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
HAPROXY = (DEPLOY / "haproxy.cfg").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
MANIFEST: list[dict[str, Any]] = [*yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8"))]
VARIABLES = frozenset(map(variable, Environment.model_fields))
TOKEN = f"ctmcp_{'a' * 43}"


def run(*command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the project's folder."""
    own = {**os.environ, **environ}
    return subprocess.run(command, cwd=PROJECT, env=own, capture_output=True, text=True, check=False, timeout=60)


def tool(name: str) -> str:
    """A linter that is installed beside this Python."""
    return str(Path(sys.executable).with_name(name))


def linted(*command: str) -> None:
    """Pass if a linter has nothing to say against something."""
    done = run(tool(command[0]), *command[1:])
    assert done.returncode == 0, done.stdout + done.stderr


def instructions(name: str) -> list[str]:
    """What stands behind an instruction of the Dockerfile, each time, in one line."""
    lines = re.sub(r"\\\n(?:#.*\n)*", "", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE)).splitlines()
    return [line.removeprefix(f"{name} ").strip() for line in lines if line.startswith(f"{name} ")]


def resource(kind: str, name: str) -> Any:
    """A resource of the manifest."""
    (found,) = (each for each in MANIFEST if (each["kind"], each["metadata"]["name"]) == (kind, name))
    return found


def secret(name: str) -> dict[str, str]:
    """What a Secret of the manifest holds."""
    held: dict[str, str] = resource("Secret", name)["stringData"]
    return held


def pod(name: str) -> Any:
    """What runs in a StatefulSet of the manifest."""
    return resource("StatefulSet", name)["spec"]["template"]["spec"]


def seconds(text: str) -> float:
    """A duration as compose files and the Dockerfile write it."""
    return float(text.removesuffix("s"))


# The image


def test_a_linter_finds_nothing_in_the_dockerfile() -> None:
    linted("hadolint", "Dockerfile")


def test_the_image_runs_as_nobody_in_particular_and_never_as_root() -> None:
    assert instructions("USER") == ["10001:10001"]
    assert DOCKERFILE.index("\nUSER ") > DOCKERFILE.rindex("\nFROM ")


def test_the_image_sets_only_variables_that_exist_and_no_secret() -> None:
    named = set(re.findall(r"CLEVERTAP_[A-Z_]+", DOCKERFILE))
    assert named == {"CLEVERTAP_AUDIT_LOG"}
    assert named <= VARIABLES
    assert instructions("ARG") == []


def test_what_goes_into_the_build_is_what_the_wheel_is_made_of_and_nothing_else() -> None:
    rules = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    copied = {name for line in instructions("COPY") if "--from" not in line for name in line.split()[:-1]}
    assert "*" in rules
    assert let_in == copied
    assert [name for name in copied if not (PROJECT / name).exists()] == []


def test_the_image_has_extras_that_exist() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (named,) = re.findall(r'"\$1\[([a-z,]+)\]"', DOCKERFILE)
    assert set(named.split(",")) <= project["optional-dependencies"].keys()


def test_the_image_refuses_to_listen_without_asking_who_calls() -> None:
    """Its own command, without the variables that say who may come in."""
    start = [*json.loads(instructions("ENTRYPOINT")[0]), *json.loads(instructions("CMD")[0])]
    done = run(tool(start[0]), *start[1:], **account_variables("http://127.0.0.1:9"))
    assert done.returncode == 2
    assert "CLEVERTAP_MCP_TOKENS_FILE" in done.stderr


def test_the_image_asks_for_its_health_where_its_server_listens() -> None:
    (check,) = instructions("HEALTHCHECK")
    command = json.loads(check[check.index("[") :])
    shown = run(tool(command[0]), *command[1:], "--help").stdout
    assert f"http://127.0.0.1:{DEFAULT_PORT}/healthz" in shown
    assert instructions("EXPOSE") == [str(DEFAULT_PORT)]


# The settings in the manifests


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The files that both manifests name, in a folder of the test."""
    held = secret("clevertap-mcp-files")
    for name, text in held.items():
        (tmp_path / name).write_text(text.replace("/run/secrets/clevertap", str(tmp_path)), encoding="utf-8")
    return tmp_path


def settings_with(environ: dict[str, str], files: Path) -> Settings:
    """The settings that variables make, with the files of a test in place of those in the container."""
    moved = {name: re.sub(r"/run/secrets(/clevertap)?|/access", str(files), value) for name, value in environ.items()}
    return read_settings(moved)


GOOD_KEYS = {
    "CLEVERTAP_STORE_URL": "redis://:password@store:6379/0",
    "CLEVERTAP_PSEUDONYM_KEY": "p" * 64,
    "CLEVERTAP_AUDIT_KEY": "a" * 64,
}
SERVER_OF_COMPOSE: dict[str, str] = COMPOSE["services"]["server"]["environment"]


@pytest.mark.parametrize(
    "environ", [SERVER_OF_COMPOSE, resource("ConfigMap", "clevertap-mcp")["data"]], ids=["compose", "kubernetes"]
)
def test_a_manifest_sets_what_lets_a_server_face_a_network(environ: dict[str, str], files: Path) -> None:
    assert environ.keys() <= VARIABLES
    settings = settings_with({**environ, **GOOD_KEYS}, files)
    network = settings.network
    network.check_open()
    assert [each.name for each in settings.each] == ["shop-eu", "shop-in"]
    assert (network.authenticated, network.hosts) == (True, ("mcp.example.com",))


def test_the_keys_of_the_manifest_are_those_that_replicas_share_and_have_to_be_replaced(files: Path) -> None:
    held = secret("clevertap-mcp-keys")
    assert held.keys() == GOOD_KEYS.keys()
    environ = resource("ConfigMap", "clevertap-mcp")["data"]
    for name in held:
        with pytest.raises(ConfigurationError, match=name):
            settings_with({**environ, **GOOD_KEYS, name: held[name]}, files)


def test_the_token_of_the_manifest_lets_nobody_in() -> None:
    (entry,) = parsed(secret("clevertap-mcp-files")["tokens.toml"].encode())
    assert entry.expired(datetime.now(UTC))


# Compose


def test_a_linter_finds_nothing_in_the_compose_file() -> None:
    linted("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "deploy/compose.yaml")


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_service_is_confined(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add"} & service.keys()


def test_only_the_proxy_is_reached_from_outside_and_nobody_but_the_server_reaches_the_store() -> None:
    services: dict[str, dict[str, Any]] = COMPOSE["services"]
    assert {name for name, each in services.items() if "ports" in each} == {"proxy"}
    assert {name for name, each in services.items() if "inside" in each.get("networks", ())} == {"server", "store"}
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_compose_waits_for_the_calls_that_are_running() -> None:
    assert seconds(COMPOSE["services"]["server"]["stop_grace_period"]) > PATIENCE.grace + PATIENCE.farewell


# Kubernetes


def test_a_linter_finds_nothing_in_the_kubernetes_manifest() -> None:
    linted("kubernetes-validate", "--strict", "--quiet", "deploy/kubernetes.yaml")


@pytest.mark.parametrize("name", ["clevertap-mcp", "clevertap-store"])
def test_a_pod_is_confined(name: str) -> None:
    outer, (container,) = pod(name)["securityContext"], pod(name)["containers"]
    assert outer["runAsNonRoot"] is True
    assert outer["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod(name)["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_kubernetes_runs_the_image_as_the_user_that_it_was_made_for() -> None:
    security = pod("clevertap-mcp")["securityContext"]
    assert [f"{security['runAsUser']}:{security['runAsGroup']}"] == instructions("USER")


def test_kubernetes_waits_for_the_calls_that_are_running() -> None:
    spec = pod("clevertap-mcp")
    command = spec["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
    (pause,) = re.findall(r"sleep\((\d+)\)", command[-1])
    assert spec["terminationGracePeriodSeconds"] > int(pause) + PATIENCE.grace + PATIENCE.farewell


def test_whatever_names_a_port_an_app_or_a_secret_names_one_that_is_there() -> None:
    text = (DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")
    apps = {each["spec"]["template"]["metadata"]["labels"]["app"] for each in MANIFEST if each["kind"] == "StatefulSet"}
    secrets = {each["metadata"]["name"] for each in MANIFEST if each["kind"] == "Secret"}
    services = {each["metadata"]["name"] for each in MANIFEST if each["kind"] == "Service"}
    (rule,) = resource("Ingress", "clevertap-mcp")["spec"]["rules"]
    assert set(re.findall(r"app: ([a-z-]+)", text)) == apps
    assert set(re.findall(r"secretRef: {name: ([a-z-]+)}|secretName: (clevertap[a-z-]+)", text)) <= {
        *((name, "") for name in secrets),
        *(("", name) for name in secrets),
    }
    assert {path["backend"]["service"]["name"] for path in rule["http"]["paths"]} <= services
    assert {each["spec"]["serviceName"] for each in MANIFEST if each["kind"] == "StatefulSet"} <= services


# What both proxies and the probes ask for, asked of a real server


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with the address and the kind of tokens that the manifests give it; yields its base address."""
    tokens = tmp_path_factory.mktemp("access") / "tokens.toml"
    tokens.write_text(
        f'[[token]]\nname = "ana"\nhash = "{digest_of(TOKEN)}"\naccounts = ["*"]\naccess = "read"\n', encoding="utf-8"
    )
    tokens.chmod(0o600)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLEVERTAP_")}
    state = str(tmp_path_factory.mktemp("state"))
    own = {"CLEVERTAP_MCP_URL": SERVER_OF_COMPOSE["CLEVERTAP_MCP_URL"], "CLEVERTAP_MCP_TOKENS_FILE": str(tokens)}
    with listening("http", {**kept, **own, "XDG_STATE_HOME": state}, sandbox=True) as address:
        yield address.removesuffix("/mcp")


@pytest.mark.parametrize("probe", ["startupProbe", "livenessProbe", "readinessProbe"])
def test_a_probe_is_answered_as_the_manifest_asks_it(team: str, probe: str) -> None:
    asked = pod("clevertap-mcp")["containers"][0][probe]["httpGet"]
    headers = {each["name"]: each["value"] for each in asked["httpHeaders"]}
    assert httpx2.get(team + asked["path"], headers=headers).status_code == 200
    assert httpx2.get(team + asked["path"], headers={"Host": "10.1.2.3:8000"}).status_code == 421


def test_every_path_of_the_ingress_is_one_of_the_server_and_asks_for_a_token(team: str) -> None:
    (rule,) = resource("Ingress", "clevertap-mcp")["spec"]["rules"]
    for path in rule["http"]["paths"]:
        if not path["path"].startswith("/.well-known"):
            answer = httpx2.post(team + path["path"].replace("/messages", "/messages/"), headers={"Host": rule["host"]})
            assert answer.status_code in {401, 405}, path["path"]


def test_the_proxies_let_nothing_through_that_is_for_schedulers_and_watchers() -> None:
    (rule,) = resource("Ingress", "clevertap-mcp")["spec"]["rules"]
    through = {path["path"] for path in rule["http"]["paths"]}
    assert through == {"/mcp", "/sse", "/messages", "/.well-known/oauth-protected-resource"}
    (allowed,) = re.findall(r"return status 404 unless (.*)", HAPROXY)
    assert "/metrics" not in allowed + str(through)
    assert set(re.findall(r"/[a-z./-]+", allowed)) == {
        "/messages/" if each == "/messages" else each for each in through
    }


def test_both_proxies_keep_a_session_with_its_replica_alike() -> None:
    snippet = resource("Service", "clevertap-mcp")["metadata"]["annotations"]["haproxy.org/backend-config-snippet"]
    assert all(f"    {line}\n" in HAPROXY for line in snippet.strip().splitlines())
    hashed = resource("Service", "clevertap-mcp-sse")["metadata"]["annotations"]["haproxy.org/load-balance"]
    assert f"balance {hashed}\n" in HAPROXY
