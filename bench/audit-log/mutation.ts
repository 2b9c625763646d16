import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect, parseConnectionUrl } from "@muniment/db/connection.ts";
import { build } from "esbuild";
import { nodeBundle } from "../../scripts/build.mjs";
import { inTurns, manyPairs } from "../in-turns.ts";
import { httpRequest, load } from "../load.ts";
import type { Part } from "../rows.ts";
import { type Bench, startProduct } from "../servers.ts";
import { signUpFirst } from "../signed-in-query.ts";

const connections = 16;
const askedFactor = 1.15;

/** The product as it is built, with the step that is taken out on the one side. */
async function buildServer({ built }: Bench): Promise<string> {
  const outfile = join(built, "audited-or-not.js");
  const source = fileURLToPath(new URL("server.ts", import.meta.url));
  await build({ ...nodeBundle, entryPoints: [source], outfile });
  return outfile;
}

/** A server with an agent for each connection, whose changes wait for no other's. */
async function prepare(bench: Bench, file: string, database: string, more: Record<string, string>) {
  const env = { MUNIMENT_MIGRATIONS: join(bench.built, "migrations"), ...more };
  const server = await startProduct(bench, { args: [file], database, env });
  const { origin, port } = server.product;
  const { cookie } = await signUpFirst(server);
  const headers = { origin, cookie };
  const requests: Buffer[] = [];
  for (let at = 0; at < connections; at += 1) {
    const response = await fetch(`${origin}/trpc/agents.create`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify({ name: `agent ${at}` }),
    });
    const { result } = (await response.json()) as { result: { data: { id: string } } };
    const body = JSON.stringify({ id: result.data.id, description: "changed" });
    requests.push(httpRequest("POST", "/trpc/agents.update", headers, body));
  }
  return {
    async run(seconds: number, many = connections) {
      let next = 0;
      const own = () => requests[next++ % connections] as Buffer;
      return (await load(port, own, { connections: many, seconds })).perSecond;
    },
    stop: server.stop,
  };
}

async function entriesOf(bench: Bench, database: string): Promise<number> {
  const facts = { ...parseConnectionUrl(bench.databaseUrl), database };
  const sql = connect(facts, { max: 1, applicationName: "bench" });
  const [row] = await sql`
    select count(*)::int as many from audit_entries where action = 'agent.updated'`;
  await sql.end();
  return row?.many;
}

/** A change with its audit entry against the same change without, both over HTTP. */
export const mutation: Part = async (bench) => {
  const file = await buildServer(bench);
  const audited = await prepare(bench, file, "bench_audited", {});
  const unaudited = await prepare(bench, file, "bench_unaudited", { UNAUDITED: "1" });
  try {
    // Few connections to the database at a time, as each is given only so long to open.
    for (const many of [1, 2, 4, 8, 12, connections]) {
      await audited.run(0.4, many);
      await unaudited.run(0.4, many);
    }
    const rates = await inTurns(
      () => audited.run(1.5),
      () => unaudited.run(1.5),
      manyPairs,
    );
    const entries = [
      await entriesOf(bench, "bench_audited"),
      await entriesOf(bench, "bench_unaudited"),
    ];
    if (!entries[0] || entries[1] !== 0) throw new Error(`${entries} entries were made`);
    return {
      row: {
        name: `audited mutation (agents.update), sealing included, ${connections} connections`,
        unit: "calls/s",
        ...rates,
        target: Math.round(100 / askedFactor),
        note: "the same server and transaction, the step that enters the change taken out by the bench",
      },
      note: `An audited mutation costs **${(rates.plain / rates.ours).toFixed(2)}** times what it costs without audit (target: at most ${askedFactor}).`,
    };
  } finally {
    audited.stop();
    unaudited.stop();
  }
};
