export const usage = `
Usage: muniment search [options] [query]

Prints the events that pass a query, newest first. The query is one argument, in the language of the
explorer: docs/event-queries.md. Without one, every event passes.

  muniment search 'type:ssh.* level>=warn "invalid user"' --from 24h
  muniment search --json --limit 1000 -- '-agent:web props.status>=500' | jq .message

Options
  --url <address>       where Muniment runs; else MUNIMENT_URL, else http://127.0.0.1:3000
  --key <key>           an API key with the scope events:read; else MUNIMENT_API_KEY. Prefer the
                        variable: other users of the machine can see a command line, and a shell
                        keeps it in its history
  --from <time>         the oldest time shown: 15m, 24h, 7d, 4w ago, a date, or a time such as
                        2026-01-31T08:00Z (UTC without a zone)
  --to <time>           the time at which to end, not included
  --limit <n>           events at most, 1 to 100000 (default 50)
  --allow-plain-http    let the key travel unencrypted to another machine
  --json                each event as one JSON object on a line, as the API gives it

Exit codes
  0  done, whether or not an event passed
  1  the search was interrupted, or failed on the way
  2  called wrongly, or the query cannot be read; the place is shown
  3  the server could not be reached, or refused the calls or the key
`;
