export const usage = `
Usage: muniment tail [options] [query]

Prints events as they are stored, each once and in that order, until Ctrl-C. The query is one argument,
in the language of the explorer: docs/event-queries.md. Without one, every event passes.

  muniment tail 'type:ssh.* level>=warn'
  muniment tail --json --state /var/lib/me/tail.position | jq -r .message

A connection that breaks is opened again where it stood, so that nothing is missed or printed twice.
How many events were deleted before they could be read is told.

Options
  --url <address>       where Muniment runs; else MUNIMENT_URL, else http://127.0.0.1:3000
  --key <key>           an API key with the scope events:read; else MUNIMENT_API_KEY. Prefer the
                        variable: other users of the machine can see a command line, and a shell
                        keeps it in its history
  --state <file>        keeps where the tail stands, so that another run goes on there; written once a
                        second, so that after a crash some events may be printed again. One that
                        cannot be written is told at once
  --after <position>    begin behind this position, such as that of a state file
  --limit <n>           end after so many events
  --no-color            no colours on a terminal; the same as NO_COLOR=1
  --allow-plain-http    let the key travel unencrypted to another machine
  --json                each event as one JSON object on a line, as the API gives it

Exit codes
  0  ended by Ctrl-C or --limit, or nobody reads on
  1  failed on the way
  2  called wrongly, or the query or position cannot be read; the place is shown
  3  the server refused the key
`;
