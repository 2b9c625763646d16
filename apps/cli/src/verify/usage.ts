export const usage = `
Usage: muniment verify [options]

Verifies the whole audit log: that every entry is the one that was sealed, in its place, under
checkpoints that the log's key signed, and that the log still begins as checkpoints say that were
kept outside the database. It changes nothing.

Options
  --checkpoint <path|url>  a checkpoint that was kept or published (more than one may stand in a file,
                           and a folder is all its files; may be repeated).
                           <PUBLIC_URL>/audit/checkpoint is the server's present one
  --key <verifier key>     believe this key (<name>+<id>+<base64>, as /audit/keys shows them) in place
                           of those of AUDIT_SIGNING_KEY; may be repeated
  --witness <path|url>     compare with the copy of the log's checkpoint that a witness keeps: its URL
                           (<PUBLIC_URL>/witness of another Muniment), or a saved copy: a file, or a folder
                           such as a bucket that was downloaded, where nobody cosigns: the notes of a
                           folder need the log's own signature alone; may be repeated
  --witness-key <key>      believe cosignatures of this witness, in the database and in its copy; may be
                           repeated. Have it from the witness, not from this installation
  --certificate <file>     verify a certificate of erasure instead; needs no installation, but the
                           keys of the log with --key
  --env-file <file>        read the settings in this file instead of those of the environment
  --json                   { ok, wrong: { index, reason } | null, origin, verified, confirmed,
                           cosigned, witnesses, unsealed, late, erased, olderKeys }

Run it with the same environment, from the same folder and as the same user as the server, while it
runs or while it is stopped. The checkpoint that the server keeps in DATA_DIR is always compared.

Whoever holds the database and the signing key can write a log anew that holds together. Entries are
safe from that as far as a checkpoint reaches that was kept elsewhere; it says how far.

Exit codes
  0  everything holds
  1  something does not: the first wrong index and why
  2  called wrongly
  3  the database cannot be reached
`;
