// Every call below is typed from the server's router: a procedure, a field or a value that it does not
// have is an error of the compiler. Only the type is imported; nothing of the server is in the program.
//
//   MUNIMENT_API_KEY=mnt_… npx tsx examples/typed-client/count-errors.ts
import { fileURLToPath } from "node:url";
import type { AppRouter } from "@muniment/api/router.ts";
import { createIdMaker } from "@muniment/sdk/uuid7";
import { createTRPCClient, httpBatchLink, TRPCClientError } from "@trpc/client";

const day = 86_400_000;

/** A client for a server, with a key that has the scopes `events:write` and `events:read`. */
export const createClient = (url: string, key: string) =>
  createTRPCClient<AppRouter>({
    links: [
      httpBatchLink({
        url: new URL("trpc", url),
        maxItems: 10,
        headers: { authorization: `Bearer ${key}` },
      }),
    ],
  });

/** Sends an event, and says how many errors the last day had, hour by hour. */
export async function countErrors(
  url: string,
  key: string,
  say: (line: string) => void,
): Promise<void> {
  const client = createClient(url, key);
  const makeId = createIdMaker();

  // With ids of one's own a call may be made again until it is answered: nothing is stored twice.
  const receipt = await client.events.ingest.mutate({
    events: [{ id: makeId(), type: "example.ran", level: "error", message: "Only an example" }],
  });
  say(`accepted ${receipt.accepted}, refused ${receipt.rejected.length}`);

  const now = Date.now();
  const { buckets } = await client.events.timeseries.query({
    levels: ["error", "critical"],
    from: new Date(now - day).toISOString(),
    to: new Date(now + day).toISOString(),
    interval: "1h",
  });
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  say(`${total} errors, at most ${Math.max(...buckets.map(({ count }) => count))} an hour`);

  const { items } = await client.events.search.query({ query: "level>=error", limit: 5 });
  for (const { occurredAt, type, message } of items) say(`${occurredAt} ${type} ${message ?? ""}`);
}

/** Why a call was refused: stable, unlike its message. */
export const reasonOf = (error: unknown) =>
  error instanceof TRPCClientError ? (error.data?.reason as string | undefined) : undefined;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { MUNIMENT_URL = "http://127.0.0.1:3000", MUNIMENT_API_KEY = "" } = process.env;
  await countErrors(MUNIMENT_URL, MUNIMENT_API_KEY, (line) => process.stdout.write(`${line}\n`));
}
