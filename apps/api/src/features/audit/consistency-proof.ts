import { consistencyProof as answer, consistencyProofInput } from "@muniment/shared/audit-log.ts";
import { toBase64 } from "@muniment/verify/base64.ts";
import { consistencyProof as prove } from "../../audit/tree.ts";
import { AppError } from "../../errors.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { newestCheckpoint } from "./newest-checkpoint.ts";

export const consistencyProof = limited("general")
  .concat(signedIn)
  .concat(permission("audit:read"))
  .input(consistencyProofInput)
  .output(answer)
  .query(async ({ ctx: { deps }, input: { from, to } }) => {
    if (from > to) throw new AppError("invalid_input", "from is above to.");
    await newestCheckpoint(deps, to);
    const hashes = await prove(deps.database.audit, from, to);
    return { from, to, hashes: hashes.map(toBase64) };
  });
