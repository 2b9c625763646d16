import { createEncryption } from "@muniment/api/encryption.ts";
import { signCertificatesAnew } from "@muniment/api/key-rotation/certificates.ts";
import { newestInUseSince } from "@muniment/api/key-rotation/in-use.ts";
import { reencrypt } from "@muniment/api/key-rotation/reencrypt.ts";
import { exitCodes, type Io } from "../command.ts";
import type { Installation } from "../installation.ts";
import { createStatusLine } from "../status-line.ts";
import { overOwner } from "./over-owner.ts";
import { notInUse } from "./status.ts";

/** Encrypts and signs anew what older elements did, unless a running server might not be able to read it. */
export async function reencryptAll(
  installation: Installation,
  { json }: { json: boolean },
  io: Io,
): Promise<number> {
  const { secrets } = installation;
  const status = createStatusLine(io.stderr);
  return overOwner(installation, async (sql) => {
    const inUse = await newestInUseSince(sql, secrets);
    const waiting = (["ENCRYPTION_KEY", "AUDIT_SIGNING_KEY"] as const).filter(
      (name) => inUse[name] === null,
    );
    if (waiting.length > 0) {
      if (json) io.stdout.write(`${JSON.stringify({ notInUse: waiting })}\n`);
      else io.stderr.write(`${waiting.join(", ")}:\n${notInUse}\n`);
      return exitCodes.failed;
    }
    let done = 0;
    const columns = await reencrypt(sql, createEncryption(secrets.encryption), {
      signal: io.signal,
      onBatch(rows) {
        done += rows;
        status.show(`${done} rows`);
      },
    });
    status.end();
    const certificates = await signCertificatesAnew(sql, secrets.auditSigning);
    const isLeft = columns.some((column) => column.unreadable > 0 || column.locked > 0);
    if (json) {
      io.stdout.write(`${JSON.stringify({ columns, certificates })}\n`);
    } else {
      for (const { table, column, done: rows, unreadable, locked } of columns) {
        const lost =
          unreadable > 0 ? `; ${unreadable} that no element of ENCRYPTION_KEY opens` : "";
        const left = locked > 0 ? `; ${locked} left that another transaction has locked` : "";
        io.stdout.write(`${table}.${column}: ${rows} encrypted anew${lost}${left}\n`);
      }
      io.stdout.write(`certificates of erasures: ${certificates} signed anew\n`);
    }
    return isLeft || io.signal.aborted ? exitCodes.failed : exitCodes.ok;
  });
}
