import { expect } from "vitest";
import { readCheckpoint } from "../src/audit/checkpoints.ts";
import type { Client } from "./client.ts";
import { must, type TestServer } from "./harness.ts";

/** The newest checkpoint of a log, with what was entered before. */
export async function newestOf({ deps }: TestServer) {
  await deps.sealer.seal();
  const checkpoint = await readCheckpoint(deps.database.audit);
  if (!checkpoint) throw new Error("no checkpoint");
  return checkpoint;
}

/**
 * Makes a log larger by the act of a person, and answers its newest checkpoint. An entry is not sealed
 * as long as any older transaction of the server is open.
 */
export async function growLog(server: TestServer, person: Client) {
  const { size } = await newestOf(server);
  must(await person.mutate("agents.create", { name: "agent" }));
  let newest = await newestOf(server);
  const sizeNow = async () => {
    newest = await newestOf(server);
    return newest.size;
  };
  await expect.poll(sizeNow).toBeGreaterThan(size);
  return newest;
}
