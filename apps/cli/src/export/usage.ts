export const usage = `
Usage: muniment export --email <address> --output <file> [options] [query]
       muniment export --check <file>

Downloads the events of a search, the oldest first, and checks that the file is whole: its last line
holds the number of rows and the SHA-256 of all lines before it. The file appears under its name only
then. A download that breaks off, as where the server is started anew, goes on where it was, for most
of a minute. The query is one argument, in the language of the explorer: docs/event-queries.md.

  MUNIMENT_PASSWORD=... muniment export --email ada@example.org --output ssh.ndjson 'type:ssh.*'

Options
  --email <address>     who exports; the password is that of MUNIMENT_PASSWORD. An API key may not
                        export: taking data away needs a fresh password
  --code <code>         a code of the second factor, where there is one
  --output <file>       where to; a file that is there is not replaced
  --format <name>       ndjson (default) or csv
  --from <time>, --to <time>   RFC 3339, such as 2026-01-31T08:00:00Z; --to is not included
  --url <address>       where Muniment runs; else MUNIMENT_URL, else http://127.0.0.1:3000
  --allow-plain-http    let the password travel unencrypted to another machine
  --check <file>        only say whether a file that was exported before is whole
  --json                one JSON object instead of text

Exit codes
  0  the file is there, and whole
  1  it was cut off, altered, or interrupted; nothing is left of it
  2  called wrongly, or the file cannot be opened or is there already
  3  the server could not be reached, or refused the sign-in or the export
`;
