export const usage = `
Usage: muniment rotate-keys [--only NAME,...] [--out <file> | --show]
       muniment rotate-keys --status | --reencrypt | --retire [--only NAME,...] [--accept]

JWT_SECRET, API_KEY_SECRET, ENCRYPTION_KEY and AUDIT_SIGNING_KEY are rings: the newest element makes what
is new, all of them read. A rotation adds an element, waits until nothing needs the older ones, and drops
them. docs/key-rotation.md has the whole of it, also for a secret that leaked.

1. Without an action it makes a new newest element of each ring: of one that DATA_DIR/keyring.json keeps in
   that file, of one that the environment gives in a file of --out, for you to set. Then restart the server.
   Servers of several nodes must all know an element before the first makes anything with it: give them
   NAME=<old>,<new> first, and NAME=<new>,<old> when each was restarted.
2. --reencrypt encrypts anew what an older ENCRYPTION_KEY encrypts, and signs certificates of erasures anew,
   beside a running server or without one. Servers do the first themselves, too, every ten minutes.
3. --status says what still depends on older elements.
4. --retire drops the older elements of kept rings that nothing depends on, and says which of the
   environment's may be dropped. Then restart the server.

Options
  --only NAME,...    these rings; otherwise all
  --out <file>       write new elements of rings of the environment there, as NAME=<element> (0600; it must
                     not be there yet)
  --show             print them instead
  --accept           retire although something depends on older elements that only you can settle: witnesses
                     that must be given the new key, keys of addresses that are found by a hash
  --env-file <file>  read the settings in this file instead of those of the environment
  --json             print the result as JSON

Run it with the same environment, from the same folder and as the same user as the server. Starts enter
each change of a ring in the audit log (key_ring.rotated).

Exit codes
  0  done
  1  a ring cannot be retired yet, or something could not be read: what, and how many
  2  called wrongly; nothing was changed
`;
