import { evidence as answer, evidenceInput } from "@muniment/shared/audit-log.ts";
import { readEvidence } from "../../audit/evidence.ts";
import { peopleOfRange } from "../../audit/reads.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { readsOthers } from "../../trpc/reads-others.ts";
import { cosignedCheckpoint } from "./newest-checkpoint.ts";

export const evidence = limited("general")
  .concat(signedIn)
  .concat(permission("audit:read"))
  .concat(readsOthers)
  .input(evidenceInput)
  .output(answer)
  .query(async ({ ctx: { deps, saw }, input: { from, count } }) => {
    const { database, dataKeys, secrets } = deps;
    saw(await peopleOfRange(database.audit, from, from + count), "audit_log");
    const checkpoint = await cosignedCheckpoint(deps, from + count);
    return readEvidence(
      database.audit,
      dataKeys,
      checkpoint,
      secrets.auditSigning,
      from,
      from + count,
    );
  });
