import { auditCheckpoint } from "@muniment/shared/audit-log.ts";
import { noInput } from "@muniment/shared/values.ts";
import { toBase64 } from "@muniment/verify/base64.ts";
import { formatVerifierKey } from "@muniment/verify/signed-note.ts";
import { createNoteSigner } from "../../audit/note-signer.ts";
import { signedIn } from "../../trpc/authenticated.ts";
import { limited } from "../../trpc/limited.ts";
import { permission } from "../../trpc/permission.ts";
import { newestCheckpoint } from "./newest-checkpoint.ts";

export const checkpoint = limited("general")
  .concat(signedIn)
  .concat(permission("audit:read"))
  .input(noInput)
  .output(auditCheckpoint)
  .query(async ({ ctx: { deps } }) => {
    const { origin, size, root, at, note } = await newestCheckpoint(deps);
    return {
      origin,
      size,
      rootHash: toBase64(root),
      at: at.toISOString(),
      note,
      verifierKeys: createNoteSigner(deps.secrets.auditSigning, origin).keys.map(formatVerifierKey),
      problem: deps.sealer.problem(),
    };
  });
