export const usage = `
Usage: muniment scan [options] <path>...
       git log -p | muniment scan -

Looks for secrets of Muniment where they do not belong: API keys (by their checksum: no other text is taken
for one, nor a piece of one), refresh and access tokens, links of mails and of the setup, secrets of
webhooks. It shows where and of which kind, never the secret: of an API key the first 12 characters, by
which its owner finds it on the page of the agent.

A path is a file or a folder; node_modules, .git/objects and links in folders are passed over. - is the
standard input. It needs no installation and no network.

Options
  --installation     look for elements of the rings of this installation, too (JWT_SECRET and so on, from the
                     environment and DATA_DIR/keyring.json; run it as the server's user), and say of API keys
                     whether they still work, and of which agent
  --env-file <file>  with --installation: read the settings in this file instead of those of the environment
  --revoke           --installation, and revoke the API keys of this installation that were found, once all
                     was looked at: asks first. Each has its entry in the audit log (api_key.revoked, by the
                     system); servers refuse it within a second
  --yes              with --revoke: do not ask; needed where no terminal is there, and with -
  --json             { findings: [{ path, line, kind, shown, key }], more, files, unread, revoked }

Exit codes
  0  nothing was found; or, with --revoke, nothing but keys of this installation, all of which are revoked
  1  something was found, or could not be read
  2  called wrongly
`;
