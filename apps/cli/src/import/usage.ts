export const usage = `
Usage: muniment import --email <address> --agent <id> [options] <file>

Brings the events of a file into one of your agents: an export of Muniment, any NDJSON of events, or CSV
whose first row names its columns. The server reads the file in the background; this command waits for
it. The same file again brings in nothing twice. What may be in it: docs/imports.md.

  MUNIMENT_PASSWORD=... muniment import --email ada@example.org --agent 0193... events.ndjson

Options
  --email <address>     who imports; the password is that of MUNIMENT_PASSWORD
  --code <code>         a code of the second factor, where there is one
  --agent <id>          whose events they are to be
  --format <name>       ndjson or csv; else by the end of the file's name, else ndjson
  --column <field>=<column>   which column of a CSV file holds a field of an event, where it is not
                        named like it; may be given for each field. Other columns become properties
  --type <type>         the type of the events of a CSV file without a column for it
  --allow-incomplete    take what there is of an export that was cut off or altered
  --rejects <file>      write the lines that were refused, with why, as CSV; a file that is there is
                        not replaced
  --url <address>       where Muniment runs; else MUNIMENT_URL, else http://127.0.0.1:3000
  --allow-plain-http    let the password travel unencrypted to another machine
  --json                one JSON object instead of text

Exit codes
  0  every line was stored, now or before
  1  a line was refused, or the import failed or was interrupted, which cancels it
  2  called wrongly, or a file cannot be opened or is there already
  3  the server could not be reached, or refused the sign-in or the import; what was sent
     whole by then is imported all the same
`;
