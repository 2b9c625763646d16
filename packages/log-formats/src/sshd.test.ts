import { expect, test } from "vitest";
import type { Props } from "./event.ts";
import { parseSshd } from "./sshd.ts";

const options = { offsetMinutes: 0, reference: Date.UTC(2026, 5, 1) };
const parse = (message: string) =>
  parseSshd(`Mar  3 05:14:21 bastion sshd[24281]: ${message}`, options);
const address = "192.0.2.1";
const port = 50123;
const user = "alice";

const messages: [message: string, type: string, props: Props][] = [
  [
    "Failed password for alice from 192.0.2.1 port 50123 ssh2",
    "ssh.login.failed",
    { method: "password", invalidUser: false, user, address, port },
  ],
  [
    "Failed password for invalid user alice from 192.0.2.1 port 50123 ssh2",
    "ssh.login.failed",
    { method: "password", invalidUser: true, user, address, port },
  ],
  [
    "Failed none for invalid user  from 2001:db8::1 port 50123 ssh2",
    "ssh.login.failed",
    { method: "none", invalidUser: true, user: "", address: "2001:db8::1", port },
  ],
  [
    "Failed publickey for alice from 192.0.2.1 port 50123 ssh2: ED25519 SHA256:abc",
    "ssh.login.failed",
    {
      method: "publickey",
      invalidUser: false,
      user,
      address,
      port,
      keyType: "ED25519",
      fingerprint: "SHA256:abc",
    },
  ],
  [
    "Accepted keyboard-interactive/pam for alice from 192.0.2.1 port 50123 ssh2",
    "ssh.login.succeeded",
    { method: "keyboard-interactive/pam", invalidUser: false, user, address, port },
  ],
  [
    "Partial publickey for alice from 192.0.2.1 port 50123 ssh2: RSA SHA256:abc",
    "ssh.login.partial",
    {
      method: "publickey",
      invalidUser: false,
      user,
      address,
      port,
      keyType: "RSA",
      fingerprint: "SHA256:abc",
    },
  ],
  [
    "User alice from 192.0.2.1 not allowed because not listed in AllowUsers",
    "ssh.login.not_allowed",
    { user, address, reason: "not listed in AllowUsers" },
  ],
  [
    "fatal: Timeout before authentication for 192.0.2.1 port 50123",
    "ssh.login.timed_out",
    { address, port },
  ],
  [
    "Timeout before authentication for connection from 192.0.2.1 to 192.0.2.9, pid = 7",
    "ssh.login.timed_out",
    { address },
  ],
  ["Invalid user alice from 192.0.2.1", "ssh.invalid_user", { user, address }],
  ["Invalid user  from 192.0.2.1 port 50123", "ssh.invalid_user", { user: "", address, port }],
  ["Invalid user  01 01 from 192.0.2.1", "ssh.invalid_user", { user: " 01 01", address }],
  [
    "input_userauth_request: invalid user alice [preauth]",
    "ssh.userauth.invalid_user",
    { preauth: true, invalidUser: true, user },
  ],
  [
    "error: maximum authentication attempts exceeded for invalid user alice from 192.0.2.1 port 50123 ssh2 [preauth]",
    "ssh.too_many_failures",
    { preauth: true, invalidUser: true, user, address, port },
  ],
  [
    "Disconnecting: Too many authentication failures for alice [preauth]",
    "ssh.too_many_failures",
    { preauth: true, invalidUser: false, user },
  ],
  [
    "Disconnecting authenticating user alice 192.0.2.1 port 50123: Too many authentication failures [preauth]",
    "ssh.too_many_failures",
    { preauth: true, invalidUser: false, user, address, port },
  ],
  [
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1 ",
    "ssh.pam.auth_failure",
    { address },
  ],
  [
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=host.example.net  user=alice",
    "ssh.pam.auth_failure",
    { remoteHost: "host.example.net", user },
  ],
  [
    "pam_sss(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1 user=alice",
    "ssh.pam.auth_failure",
    { address, user },
  ],
  [
    "error: PAM: Authentication failure for illegal user alice from 192.0.2.1",
    "ssh.pam.auth_failure",
    { reason: "Authentication failure", invalidUser: true, user, address },
  ],
  ["pam_unix(sshd:auth): check pass; user unknown", "ssh.pam.user_unknown", {}],
  [
    "PAM 1 more authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1 ",
    "ssh.pam.more_failures",
    { failures: 1, address },
  ],
  [
    "PAM 5 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=alice",
    "ssh.pam.more_failures",
    { failures: 5, address, user },
  ],
  [
    "PAM service(sshd) ignoring max retries; 6 > 3",
    "ssh.pam.retries_ignored",
    { failures: 6, maxFailures: 3 },
  ],
  [
    "pam_unix(sshd:session): session opened for user alice by (uid=0)",
    "ssh.session.opened",
    { user },
  ],
  [
    "pam_unix(sshd:session): session opened for user alice(uid=1000) by alice(uid=0)",
    "ssh.session.opened",
    { user },
  ],
  ["pam_unix(sshd:session): session closed for user alice", "ssh.session.closed", { user }],
  [
    "Received disconnect from 192.0.2.1: 11: Bye Bye [preauth]",
    "ssh.disconnected",
    { preauth: true, address, code: 11, reason: "Bye Bye" },
  ],
  [
    "Received disconnect from 192.0.2.1 port 50123:11: disconnected by user",
    "ssh.disconnected",
    { address, port, code: 11, reason: "disconnected by user" },
  ],
  [
    "error: Received disconnect from 2001:db8::10: 14: No more user authentication methods available. [preauth]",
    "ssh.disconnected",
    {
      preauth: true,
      address: "2001:db8::10",
      code: 14,
      reason: "No more user authentication methods available.",
    },
  ],
  ["Connection closed by 192.0.2.1 [preauth]", "ssh.connection.closed", { preauth: true, address }],
  [
    "Connection closed by invalid user alice 192.0.2.1 port 50123 [preauth]",
    "ssh.connection.closed",
    { preauth: true, invalidUser: true, user, address, port },
  ],
  [
    "Disconnected from user alice 192.0.2.1 port 50123",
    "ssh.connection.closed",
    { invalidUser: false, user, address, port },
  ],
  ["Disconnected from 192.0.2.1 port 50123", "ssh.connection.closed", { address, port }],
  [
    "Connection reset by authenticating user alice 192.0.2.1 port 50123 [preauth]",
    "ssh.connection.reset",
    { preauth: true, invalidUser: false, user, address, port },
  ],
  [
    "Connection reset by 192.0.2.1 port 50123 [preauth]",
    "ssh.connection.reset",
    { preauth: true, address, port },
  ],
  [
    'Connection from 192.0.2.1 port 50123 on 192.0.2.9 port 22 rdomain ""',
    "ssh.connection.opened",
    { address, port },
  ],
  [
    "drop connection #10 from [192.0.2.1]:50123 on [192.0.2.9]:22 past MaxStartups",
    "ssh.connection.refused",
    { address, port },
  ],
  [
    "fatal: Write failed: Connection reset by peer [preauth]",
    "ssh.connection.write_failed",
    { preauth: true, reason: "Connection reset by peer" },
  ],
  ["Did not receive identification string from 192.0.2.1", "ssh.no_identification", { address }],
  [
    "Did not receive identification string from 192.0.2.1 port 50123",
    "ssh.no_identification",
    { address, port },
  ],
  [
    "Bad protocol version identification 'GET / from 198.51.100.1 port 1' from 192.0.2.1 port 50123",
    "ssh.protocol_error",
    { reason: "'GET / from 198.51.100.1 port 1'", address, port },
  ],
  [
    "banner exchange: Connection from 192.0.2.1 port 50123: invalid format",
    "ssh.protocol_error",
    { address, port, reason: "invalid format" },
  ],
  [
    "error: kex_exchange_identification: Connection closed by remote host",
    "ssh.protocol_error",
    { reason: "Connection closed by remote host" },
  ],
  [
    "Unable to negotiate with 192.0.2.1 port 50123: no matching host key type found. Their offer: ssh-dss [preauth]",
    "ssh.negotiation_failed",
    {
      preauth: true,
      address,
      port,
      reason: "no matching host key type found. Their offer: ssh-dss",
    },
  ],
  [
    "reverse mapping checking getaddrinfo for scan.example.org [192.0.2.1] failed - POSSIBLE BREAK-IN ATTEMPT!",
    "ssh.reverse_mapping_failed",
    { remoteHost: "scan.example.org", address },
  ],
  [
    "Address 192.0.2.1 maps to scan.example.org, but this does not map back to the address - POSSIBLE BREAK-IN ATTEMPT!",
    "ssh.reverse_mapping_failed",
    { address, remoteHost: "scan.example.org" },
  ],
  [
    "Server listening on 0.0.0.0 port 22.",
    "ssh.server.started",
    { listenAddress: "0.0.0.0", listenPort: 22 },
  ],
  ["Received signal 15; terminating.", "ssh.server.stopped", { signal: 15 }],
  [
    "message repeated 5 times: [ Failed password for alice from 192.0.2.1 port 50123 ssh2]",
    "ssh.login.failed",
    { method: "password", invalidUser: false, user, address, port, repeated: 5 },
  ],
  ["message repeated 2 times: [ Something new]", "ssh.other", { repeated: 2 }],
  ["Something new", "ssh.other", {}],
];

test.each(messages)("%s", (message, type, props) => {
  const reading = parse(message);
  expect(reading.type).toBe(type);
  expect(reading.props).toEqual({ host: "bastion", pid: 24281, ...props });
  expect(reading.occurredAt).toBe(Date.UTC(2026, 2, 3, 5, 14, 21));
});

test("sshd's own word for an error is the level", () => {
  expect(parse("Accepted password for alice from 192.0.2.1 port 1 ssh2").level).toBe("info");
  expect(parse("Failed password for alice from 192.0.2.1 port 1 ssh2").level).toBe("warn");
  expect(parse("error: Something new").level).toBe("error");
  expect(parse("fatal: Write failed: Connection reset by peer").level).toBe("error");
});

test("the full times of newer syslogs, other programs and a missing process id are read", () => {
  const line =
    "2026-03-03T05:14:21.250+02:00 bastion sshd-session: Server listening on :: port 22.";
  expect(parseSshd(line, options)).toEqual({
    type: "ssh.server.started",
    level: "info",
    occurredAt: Date.UTC(2026, 2, 3, 3, 14, 21, 250),
    props: { host: "bastion", program: "sshd-session", listenAddress: "::", listenPort: 22 },
  });
});

test("a line that is no syslog line is kept as something else", () => {
  expect(parseSshd("-- Logs begin here --", options)).toEqual({
    type: "ssh.other",
    level: "info",
    props: {},
  });
});
