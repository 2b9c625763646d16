import type { VerifierKey } from "@muniment/verify/signed-note.ts";
import { keyOf, openNote, parseNote } from "@muniment/verify/signed-note.ts";
import type postgres from "postgres";
import { createNoteSigner } from "../audit/note-signer.ts";

const logOf = (certificate: string) => certificate.match(/"log":"([^"]+)"/)?.[1] ?? "";

/** Whether a key made one of a note's signatures, as the note itself says. */
export const names = (note: string, key: VerifierKey | undefined) =>
  key !== undefined && parseNote(note).signatures.some((one) => keyOf(one, [key]) === key);

/** Certificates of erasures that the newest key of `AUDIT_SIGNING_KEY` did not sign. */
export async function certificatesUnderOlder(sql: postgres.ISql, seeds: readonly Buffer[]) {
  const rows = await sql`select id, certificate from erasures order by id`;
  return rows
    .map(({ id, certificate }) => ({ id: id as string, certificate: certificate as string }))
    .filter(({ certificate }) => {
      return !names(certificate, createNoteSigner(seeds, logOf(certificate)).keys[0]);
    });
}

/** Signs those with every key of the ring, once one of them is known to have signed the same. */
export async function signCertificatesAnew(
  sql: postgres.Sql,
  seeds: readonly Buffer[],
): Promise<number> {
  let done = 0;
  for (const { id, certificate } of await certificatesUnderOlder(sql, seeds)) {
    const signer = createNoteSigner(seeds, logOf(certificate));
    const opened = await openNote(certificate, signer.keys).catch(() => null);
    if (!opened) continue;
    const { count } = await sql`
      update erasures set certificate = ${signer.sign(opened.text)}
      where id = ${id} and certificate = ${certificate}`;
    done += count;
  }
  return done;
}
