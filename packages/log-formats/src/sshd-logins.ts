import { type MessageShape, shape } from "./message-shape.ts";

// The client chooses the user name, which may itself read "x from 192.0.2.1 port 22 ssh2": `.*` is
// greedy and the pattern reaches to the end, so that the last address counts, the one sshd wrote.
const attempt = String.raw`(?<invalid>invalid user )?(?<user>.*) from (?<address>\S+) port (?<port>\d+)(?: ssh2)?(?:: (?<keyType>\S+) (?<fingerprint>\S+)(?: ID .*)?)?`;
const pamClient = String.raw`logname=\S* uid=\d+ euid=\d+ tty=\S* ruser=\S* rhost=(?<address>\S*)(?:\s+user=(?<user>.*)|\s*)`;

/** What OpenSSH's server and its PAM modules say about who tries to get in. */
export const loginShapes: readonly MessageShape[] = [
  shape("ssh.login.failed", "warn", String.raw`Failed (?<method>\S+) for ${attempt}`),
  shape("ssh.login.succeeded", "info", String.raw`Accepted (?<method>\S+) for ${attempt}`),
  shape(
    "ssh.login.partial",
    "info",
    String.raw`(?:Partial|Postponed) (?<method>\S+) for ${attempt}`,
  ),
  shape(
    "ssh.login.not_allowed",
    "warn",
    String.raw`User (?<user>.*) from (?<address>\S+) not allowed because (?<reason>.*)`,
  ),
  shape(
    "ssh.login.timed_out",
    "warn",
    String.raw`Timeout before authentication for (?:connection from )?(?<address>[^\s,]+)(?: port (?<port>\d+)| to .*)?`,
  ),
  shape(
    "ssh.invalid_user",
    "warn",
    String.raw`Invalid user (?<user>.*) from (?<address>\S+)(?: port (?<port>\d+))?`,
  ),
  shape(
    "ssh.userauth.invalid_user",
    "warn",
    `input_userauth_request: (?<invalid>invalid user )(?<user>.*)`,
  ),
  shape("ssh.too_many_failures", "warn", `maximum authentication attempts exceeded for ${attempt}`),
  shape(
    "ssh.too_many_failures",
    "warn",
    `Disconnecting: Too many authentication failures(?: for (?<invalid>invalid user )?(?<user>.*))?`,
  ),
  shape(
    "ssh.too_many_failures",
    "warn",
    String.raw`Disconnecting (?:authenticating|(?<invalid>invalid)) user (?<user>.*) (?<address>\S+) port (?<port>\d+): Too many authentication failures`,
  ),
  shape(
    "ssh.pam.auth_failure",
    "warn",
    String.raw`pam_\w+\(sshd:auth\): authentication failure; ${pamClient}`,
  ),
  shape(
    "ssh.pam.auth_failure",
    "warn",
    String.raw`PAM: (?<reason>[A-Z][a-z ]+?) for (?<invalid>(?:illegal|invalid) user )?(?<user>.*) from (?<address>\S+)`,
  ),
  shape("ssh.pam.user_unknown", "warn", String.raw`pam_\w+\(sshd:auth\): check pass; user unknown`),
  shape(
    "ssh.pam.more_failures",
    "warn",
    String.raw`PAM (?<failures>\d+) more authentication failures?; ${pamClient}`,
  ),
  shape(
    "ssh.pam.retries_ignored",
    "warn",
    String.raw`PAM service\(\S+\) ignoring max retries; (?<failures>\d+) > (?<maxFailures>\d+)`,
  ),
  shape(
    "ssh.session.opened",
    "info",
    String.raw`pam_\w+\(sshd:session\): session opened for user (?<user>[^(]*)(?:\(uid=\d+\))? by .*`,
  ),
  shape(
    "ssh.session.closed",
    "info",
    String.raw`pam_\w+\(sshd:session\): session closed for user (?<user>.*)`,
  ),
];
