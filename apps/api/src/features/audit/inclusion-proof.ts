import { inclusionProof as answer, inclusionProofInput } from "@muniment/shared/audit-log.ts";
import { toBase64 } from "@muniment/verify/base64.ts";
import { inclusionProof as inclusionProofAt } from "../../audit/tree.ts";
import { AppError } from "../../errors.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { newestCheckpoint } from "./newest-checkpoint.ts";

export const inclusionProof = limited("general")
  .concat(signedIn)
  .concat(permission("audit:read"))
  .input(inclusionProofInput)
  .output(answer)
  .query(async ({ ctx: { deps }, input: { index, size: wanted } }) => {
    const newest = await newestCheckpoint(deps, Math.max(index + 1, wanted ?? 0));
    const size = wanted ?? newest.size;
    if (index >= size) throw new AppError("not_found", "The tree of that size has no such entry.");
    const { leaf, hashes } = await (size === newest.size
      ? deps.proveInclusion(index, newest)
      : inclusionProofAt(deps.database.raw, index, size));
    return { index, size, leafHash: toBase64(leaf), hashes: hashes.map(toBase64) };
  });
