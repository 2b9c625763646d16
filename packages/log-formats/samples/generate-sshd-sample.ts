import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const sessions = 43;
const host = "bastion";
const morning = 5 * 3600;

/** Who knocks: documentation addresses only (RFC 5737), with how often each of them comes. */
const attackers = [
  { address: "192.0.2.77", name: "host77.example.net", share: 60, users: ["root"] },
  { address: "203.0.113.9", name: "", share: 20, users: ["admin", "test", "oracle", "support"] },
  { address: "198.51.100.23", name: "scan.example.org", share: 13, users: ["root", "git", "ubnt"] },
  { address: "198.51.100.140", name: "", share: 7, users: ["webmaster", "", "0101", "pi"] },
];
const accounts = new Set(["root", "git"]);
const people = [
  { user: "alice", address: "192.0.2.10" },
  { user: "bob", address: "203.0.113.200" },
];

/** A log of about 200 lines in the form of an OpenSSH server's syslog; the same seed, the same log. */
export function generateSshdSample(seed: number): string {
  const random = mulberry32(seed);
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T;
  const lines: { second: number; text: string }[] = [];
  let pid = 24_200;

  function session(second: number) {
    pid += 1 + Math.floor(random() * 3);
    const own = pid;
    let now = second;
    return {
      wait: (seconds: number) => {
        now += seconds;
      },
      log: (text: string) => lines.push({ second: now, text: `${host} sshd[${own}]: ${text}` }),
      port: 30_000 + Math.floor(random() * 30_000),
    };
  }

  function attack(second: number) {
    const { address, name, users } = weighted(attackers, random());
    const user = pick(users);
    const known = accounts.has(user);
    const { log, wait, port } = session(second);
    if (name && random() < 0.5) {
      log(
        `reverse mapping checking getaddrinfo for ${name} [${address}] failed - POSSIBLE BREAK-IN ATTEMPT!`,
      );
    }
    if (!known) {
      log(`Invalid user ${user} from ${address}`);
      log(`input_userauth_request: invalid user ${user} [preauth]`);
      log("pam_unix(sshd:auth): check pass; user unknown");
    }
    const account = known ? ` user=${user}` : "";
    log(
      `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${address} ${account}`,
    );
    wait(2);
    const failed = `Failed password for ${known ? "" : "invalid user "}${user} from ${address} port ${port} ssh2`;
    if (user === "root" && random() < 0.25) {
      log(failed);
      wait(9);
      log(`message repeated 5 times: [ ${failed}]`);
      log("Disconnecting: Too many authentication failures for root [preauth]");
      log(
        `PAM 5 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=${address}  user=root`,
      );
      log("PAM service(sshd) ignoring max retries; 6 > 3");
      return;
    }
    log(failed);
    log(
      random() < 0.7
        ? `Received disconnect from ${address}: 11: Bye Bye [preauth]`
        : `Connection closed by ${address} [preauth]`,
    );
  }

  function visit(second: number) {
    const { user, address } = pick(people);
    const { log, wait, port } = session(second);
    log(`Accepted password for ${user} from ${address} port ${port} ssh2`);
    log(`pam_unix(sshd:session): session opened for user ${user} by (uid=0)`);
    wait(300 + Math.floor(random() * 900));
    log(`Received disconnect from ${address}: 11: disconnected by user`);
    log(`pam_unix(sshd:session): session closed for user ${user}`);
  }

  function probe(second: number) {
    session(second).log("Did not receive identification string from 198.51.100.23");
  }

  // Squared, so that the attempts grow thicker towards the end of the four hours.
  const starts = Array.from({ length: sessions }, () => Math.floor((1 - random() ** 2) * 4 * 3600));
  for (const [index, start] of starts.sort((a, b) => a - b).entries()) {
    if (index % 14 === 6) visit(morning + start);
    else if (index === 10) probe(morning + start);
    else attack(morning + start);
  }
  return lines
    .sort((a, b) => a.second - b.second)
    .map(({ second, text }) => `Mar  3 ${clock(second)} ${text}\n`)
    .join("");
}

function weighted<T extends { share: number }>(items: readonly T[], at: number): T {
  let rest = at * items.reduce((sum, item) => sum + item.share, 0);
  for (const item of items) {
    rest -= item.share;
    if (rest < 0) return item;
  }
  throw new Error("There is nothing to choose from.");
}

function clock(second: number): string {
  return new Date(second * 1000).toISOString().slice(11, 19);
}

/** A small generator of repeatable random numbers from 0 to 1, by Tommy Ettinger. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL("sshd-sample.log", import.meta.url), generateSshdSample(13));
}
