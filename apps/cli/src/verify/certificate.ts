import { readFile } from "node:fs/promises";
import { type Certificate, openCertificate } from "@muniment/verify/certificate.ts";
import { formatVerifierKey, type VerifierKey } from "@muniment/verify/signed-note.ts";
import { exitCodes, type Io, UsageError } from "../command.ts";

function textOf({ id, log, erased, erasedAt, keys, cleanedAt, remains }: Certificate): string {
  const disk = cleanedAt ? `overwritten ${cleanedAt}` : "not stated to be overwritten";
  const rest = remains.map(
    ({ what, where, until }) => `      remains: ${what}, ${where}, until ${until}`,
  );
  return [
    `ok    Certificate ${id} of ${log}: account ${erased} was erased ${erasedAt}.`,
    `      ${keys.length} of its keys were destroyed; traces on the disk: ${disk}.`,
    ...rest,
    "",
  ].join("\n");
}

/**
 * Verifies a certificate of erasure by the keys of the log, and nothing else.
 * @throws UsageError without a key, or where the file cannot be read
 */
export async function verifyCertificate(
  path: string,
  keys: readonly VerifierKey[],
  json: boolean,
  io: Io,
): Promise<number> {
  if (keys.length === 0) {
    throw new UsageError("--certificate needs a --key of the log, as its /audit/keys shows them.");
  }
  const note = await readFile(path, "utf8").catch((cause: Error) => {
    throw new UsageError(`--certificate ${path}: ${cause.message}`, { cause });
  });
  try {
    const { certificate } = await openCertificate(note, keys.map(formatVerifierKey));
    const answer = { ok: true, certificate };
    io.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : textOf(certificate));
    return exitCodes.ok;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    io.stdout.write(
      json ? `${JSON.stringify({ ok: false, reason }, null, 2)}\n` : `FAIL  ${reason}\n`,
    );
    return exitCodes.failed;
  }
}
