"""Where spans and metrics go: over OTLP to a collector, to the page for Prometheus, and nowhere unless asked for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from canaries import PERSON, SECRETS, found
from clevertap_mcp.telemetry.facts import Facts
from clevertap_mcp.telemetry.opening import Wanted, telemetry_for
from clevertap_mcp.telemetry.telemetry import SESSIONS
from clevertap_tools.errors import ConfigurationError
from hosts import COMMAND

HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
TRACE = "0af7651916cd43dd8448eb211c80319c"
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES, METRICS = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
NOWHERE = "http://127.0.0.1:9"
ADDRESS = {ENDPOINT: NOWHERE}
EXPORTING = "clevertap_mcp.telemetry.exporting"
INSTALL = "pip install 'clevertap-mcp[telemetry]'"
BARE = {name: value for name, value in os.environ.items() if not name.startswith(("CLEVERTAP_", "OTEL_"))}


class Collector(ThreadingHTTPServer):
    """Takes whatever is sent over OTLP."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.taken: list[tuple[str, bytes]] = []


class Taking(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Collector)
        self.server.taken.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the library's
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def messages() -> Iterator[dict[str, Any]]:
    """What a host says: hello, a call that succeeds, calls with a person in them."""
    yield {"id": 1, "method": "initialize", "params": HELLO}
    yield {"method": "notifications/initialized"}
    days = {"from": "1997-01-01", "to": "1998-06-30"}
    calls = [
        ("clevertap_get_event_count", {"event_name": "Charged", **days}),
        ("clevertap_get_user_profile", {"email": PERSON["Email"]}),
        ("clevertap_get_user_profile", {"identity": PERSON["identity"], "email": PERSON["Email"]}),
        (PERSON["Email"], {"name": PERSON["Name"]}),
    ]
    meta = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    for number, (name, arguments) in enumerate(calls, start=2):
        yield {"id": number, "method": "tools/call", "params": {"name": name, "arguments": arguments, "_meta": meta}}


def served(**variables: str) -> tuple[list[str], list[str]]:
    """What a server over stdio answers to the messages, and what it says on stderr."""
    with subprocess.Popen(
        [COMMAND, "--sandbox"],
        env=BARE | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        answers = []
        for message in messages():
            server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            server.stdin.flush()
            if "id" in message:
                answers.append(server.stdout.readline())
        _, said = server.communicate(timeout=30)
    assert server.returncode == 0, said
    return answers, said.splitlines()


def test_spans_and_metrics_reach_a_collector_before_the_end(collector: Collector) -> None:
    answers, said = served(
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{collector.server_port}",
        CLEVERTAP_LOG_FORMAT="json",
        CLEVERTAP_LOG_LEVEL="debug",
        **{name: secret for name, secret in SECRETS.items() if name.endswith("KEY")},
    )
    assert '"count":6919' in answers[1]
    assert {path for path, _ in collector.taken} == {"/v1/traces", "/v1/metrics"}
    sent = b"".join(body for _, body in collector.taken)
    assert b"tools/call clevertap_get_event_count" in sent
    assert b"/1/counts/events.json" in sent
    assert bytes.fromhex(TRACE) in sent
    assert found([sent, *said], PERSON | SECRETS) == set()
    lines = [json.loads(line) for line in said]
    calls = [line for line in lines if "outcome" in line]
    assert [line["tool"] for line in calls] == [
        "clevertap_get_event_count",
        *2 * ["clevertap_get_user_profile"],
        "other",
    ]
    assert {line["trace"] for line in calls} == {TRACE}
    assert all(line["request"].encode() in sent for line in calls)


def test_nobody_waits_for_a_collector_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clevertap_mcp.telemetry.exporting.PATIENCE", 0.1)
    monkeypatch.setenv(ENDPOINT, NOWHERE)
    with telemetry_for(ADDRESS) as telemetry:
        span = telemetry.tracer.start_span("unheard")
        span.end()
    assert span.get_span_context().is_valid


def run(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What becomes of a script in a process of its own."""
    start = [sys.executable, "-c", script]
    return subprocess.run(start, env=BARE | variables, input="", capture_output=True, text=True, check=False)


NOT_NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter", "prometheus_client", "pythonjsonlogger", "requests")


def test_what_nobody_asks_for_is_not_loaded() -> None:
    script = f"""
import sys
from clevertap_mcp.cli import status_of
status_of(["--sandbox"])
print([name for name in {NOT_NEEDED} if name in sys.modules])
"""
    assert run(script).stdout.splitlines()[-1:] == ["[]"]


def test_the_tools_know_nothing_of_opentelemetry() -> None:
    script = """
import sys
import clevertap_tools.actions
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""
    assert run(script).stdout == "[]\n"


@pytest.mark.parametrize(("environ", "page"), [(ADDRESS, False), ({METRICS: NOWHERE}, False), ({}, True)])
def test_a_missing_extra_is_named_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], page: bool
) -> None:
    monkeypatch.setitem(sys.modules, EXPORTING, None)
    with pytest.raises(ConfigurationError, match=re.escape(INSTALL)), telemetry_for(environ, page=page):
        pass


def test_a_missing_extra_is_a_matter_of_configuration() -> None:
    script = """
import sys
sys.modules["opentelemetry.sdk"] = None
from clevertap_mcp.cli import status_of
sys.exit(status_of(["--sandbox", "serve", "--transport", "http", "--port", "0"]))
"""
    done = run(script, CLEVERTAP_MCP_METRICS="on")
    assert done.returncode == 2
    assert INSTALL in done.stderr


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, Wanted()),
        (ADDRESS, Wanted(traces=True, metrics=True)),
        ({TRACES: NOWHERE}, Wanted(traces=True)),
        ({METRICS: NOWHERE}, Wanted(metrics=True)),
        ({**ADDRESS, "OTEL_TRACES_EXPORTER": "none"}, Wanted(metrics=True)),
        ({**ADDRESS, "OTEL_METRICS_EXPORTER": "none"}, Wanted(traces=True)),
        ({**ADDRESS, "OTEL_SDK_DISABLED": "true"}, Wanted()),
        ({**ADDRESS, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, Wanted(traces=True, metrics=True)),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, Wanted()),
    ],
)
def test_the_standard_variables_say_what_is_sent(environ: dict[str, str], wanted: Wanted) -> None:
    assert Wanted.by(environ, page=False) == wanted


@pytest.mark.parametrize("name", ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"])
def test_another_protocol_is_refused_by_the_name_of_its_variable(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} must be http/protobuf"):
        Wanted.by({**ADDRESS, name: "grpc"}, page=False)


def test_prometheus_reads_our_metrics_beside_those_of_the_process() -> None:
    from clevertap_mcp.telemetry.prometheus import metrics_text  # noqa: PLC0415 - it comes with the extra

    with telemetry_for({}, page=True) as telemetry:
        telemetry.follow(SESSIONS, lambda: 7)
        telemetry.ended(Facts(tool="clevertap_get_event_count", effect="read", code="a"), 0.3)
        telemetry.ended(Facts(tool="clevertap_get_event_count"), 0.3)
        page = metrics_text().decode()
    assert "clevertap_mcp_sessions 7.0" in page
    labels = 'account="",code="a",effect="read",outcome="done",tool="clevertap_get_event_count"'
    assert f"clevertap_mcp_call_duration_seconds_count{{{labels}}} 1.0" in page
    assert page.count("# TYPE clevertap_mcp_call_duration_seconds ") == 1
    assert "process_resident_memory_bytes" in page
    assert "clevertap_mcp" not in metrics_text().decode()


def test_what_the_launcher_of_opentelemetry_has_set_up_is_told() -> None:
    script = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
trace.set_tracer_provider(TracerProvider())
from clevertap_mcp.telemetry.facts import Facts
from clevertap_mcp.telemetry.opening import telemetry_for
with telemetry_for({}) as telemetry:
    print(telemetry.tracer.start_span("a").is_recording())
"""
    assert run(script).stdout == "True\n"
