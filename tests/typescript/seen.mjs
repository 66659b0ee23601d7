// What the official TypeScript SDK sees of a server. Takes one argument, JSON: client, transport, address, headers and
// calls; prints JSON: the revision of the protocol, the names of the tools, and what became of each call.
import { Client, SSEClientTransport, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as OlderClient } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport as OlderSse } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport as OlderHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const NAME = { name: "typescript-client", version: "1" };
const CLIENTS = {
  modern: () => new Client(NAME, { versionNegotiation: { mode: { pin: "2026-07-28" } } }),
  auto: () => new Client(NAME, { versionNegotiation: { mode: "auto" } }),
  legacy: () => new Client(NAME),
  older: () => new OlderClient(NAME),
};
const TRANSPORTS = {
  http: StreamableHTTPClientTransport,
  sse: SSEClientTransport,
  "older-http": OlderHttp,
  "older-sse": OlderSse,
};

/** An error as the SDK tells it. */
const told = ({ name, code, status, message }) => ({ name, code, status, message });

/** What becomes of a promise. */
const outcome = (promise) => promise.then((result) => ({ result }), (error) => ({ error: told(error) }));

async function seen({ client, transport, address, headers, calls }) {
  const host = CLIENTS[client]();
  const way = new TRANSPORTS[transport](new URL(address), { requestInit: { headers } });
  const connected = await outcome(host.connect(way));
  if (connected.error) return { refused: connected.error };
  try {
    const { tools } = await host.listTools();
    const answers = [];
    for (const call of calls) answers.push(await outcome(host.callTool(call)));
    const revision = host.getNegotiatedProtocolVersion?.() ?? way.protocolVersion ?? null;
    return { revision, tools: tools.map((tool) => tool.name), answers };
  } finally {
    await host.close();
  }
}

console.log(JSON.stringify(await seen(JSON.parse(process.argv[2]))));
