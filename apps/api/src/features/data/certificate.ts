import { erasures } from "@muniment/db/schema/erasures.ts";
import { certificateIdInput, certificateResult } from "@muniment/shared/own-data.ts";
import { formatVerifierKey } from "@muniment/verify/signed-note.ts";
import { eq } from "drizzle-orm";
import { createNoteSigner } from "../../audit/note-signer.ts";
import { AppError } from "../../errors.ts";
import { anyone } from "../../trpc/authenticated.ts";
import { countsFailures } from "../../trpc/counts-failures.ts";
import { limited } from "../../trpc/limited.ts";

/** The certificate of an erasure, for whoever knows its random id: the person has no account any more. */
export const certificate = limited("general")
  .concat(anyone)
  .concat(countsFailures)
  .input(certificateIdInput)
  .output(certificateResult)
  .query(async ({ ctx: { deps }, input: { id } }) => {
    const [row] = await deps.database.reads({}).select().from(erasures).where(eq(erasures.id, id));
    if (!row) {
      throw new AppError("invalid_token", "There is no such certificate, or not yet.");
    }
    const log = row.certificate.match(/"log":"([^"]+)"/)?.[1] ?? "";
    const { keys } = createNoteSigner(deps.secrets.auditSigning, log);
    return {
      id,
      erasedAt: row.erasedAt.toISOString(),
      cleanedAt: row.cleanedAt?.toISOString() ?? null,
      note: row.certificate,
      verifierKeys: keys.map(formatVerifierKey),
    };
  });
