import { addWitnessedLogInput, witnessedLog } from "@muniment/shared/witnesses.ts";
import { audited } from "../../trpc/audited.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { recentlyAuthenticated } from "../../trpc/recently-authenticated.ts";
import { insertLog } from "../../witnesses/manage.ts";
import { toWitnessedLog } from "./read-witnesses.ts";

/** Becomes a witness of the log that verifier keys are of. */
export const addLog = limited("general")
  .concat(signedIn)
  .concat(permission("witnesses:write"))
  .concat(recentlyAuthenticated)
  .input(addWitnessedLogInput)
  .concat(audited("witnessed_log.added"))
  .output(witnessedLog)
  .mutation(async ({ ctx: { deps, tx, audit }, input }) => {
    const row = await insertLog(tx, input.keys, deps.now());
    const { id, origin, keys } = row;
    await audit({ target: { kind: "witnessed_log", id, label: origin }, details: { keys } });
    return toWitnessedLog(row);
  });
