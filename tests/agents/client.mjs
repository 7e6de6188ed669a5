// The TypeScript client: connect, list the tools, call one.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const [url, token] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };
const client = new Client({ name: "agents-test", version: "1" });
await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
const { tools } = await client.listTools();
const answer = await client.callTool({ name: "list_all_caspio_tables", arguments: {} });
console.log(`${tools.length} tools ${JSON.stringify(answer.structuredContent)}`);
await client.close();
