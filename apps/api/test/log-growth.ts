import { readCheckpoint } from "../src/audit/checkpoints.ts";
import { must, type TestServer, type UserClient } from "./harness.ts";

/** The newest checkpoint of a log, with what was entered before. */
export async function newestOf({ deps }: TestServer) {
  await deps.sealer.seal();
  const checkpoint = await readCheckpoint(deps.database.audit);
  if (!checkpoint) throw new Error("no checkpoint");
  return checkpoint;
}

/** Makes a log larger by the act of a person, and answers its newest checkpoint. */
export async function growLog(server: TestServer, person: UserClient) {
  must(await person.mutate("agents.create", { name: "agent" }));
  return newestOf(server);
}
