export const usage = `
Usage: muniment security-check [options]

Judges an installation as it is: its secrets, settings, accounts, keys, limits, audit log, database,
certificates, files, dependencies and container files. It changes nothing, and prints no secret.

Options
  --env-file <file>    judge the settings in this file instead of those of the environment
  --project <folder>   where docker-compose.yml, Dockerfile and pnpm-lock.yaml lie (default .)
  --json               { checks: [{ id, title, status, detail, remedy }] }

Run it with the same environment, from the same folder and as the same user as the server, and
beside it while it runs: the embedded database can be asked only then. What is not there, or cannot
be seen, is skipped. A container is judged from inside (docker compose exec api node cli.js
security-check), the container files from the checkout.

  ok    as it should be
  WARN  works, but could be safer; or must be decided by someone
  FAIL  unsafe
  -     does not apply, or could not be seen

Exit codes
  0  nothing failed
  1  something failed
  2  called wrongly
`;
