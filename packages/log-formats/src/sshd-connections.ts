import { type MessageShape, shape } from "./message-shape.ts";

const peer = String.raw`(?<address>\S+) port (?<port>\d+)`;
const oldPeer = String.raw`(?<address>\S+?)(?: port (?<port>\d+))?`;
// As in logins, the last address counts: the user name before it is the client's.
const user = "(?:authenticating |(?<invalid>invalid ))?user (?<user>.*)";
const ended = "(?:Connection closed by|Disconnected from)";

/** What OpenSSH's server says about connections and about itself. */
export const connectionShapes: readonly MessageShape[] = [
  shape(
    "ssh.disconnected",
    "info",
    String.raw`Received disconnect from (?<address>\S+?)(?:: | port (?<port>\d+):\s?)(?<code>\d+):\s?(?<reason>.*)`,
  ),
  shape("ssh.connection.closed", "info", `${ended} ${user} ${peer}`),
  shape("ssh.connection.closed", "info", `${ended} ${oldPeer}`),
  shape("ssh.connection.reset", "info", `Connection reset by ${user} ${peer}`),
  shape("ssh.connection.reset", "info", `Connection reset by ${oldPeer}`),
  shape("ssh.connection.opened", "info", `Connection from ${peer}(?: on .*)?`),
  shape(
    "ssh.connection.refused",
    "warn",
    String.raw`drop connection #\d+ from \[(?<address>[^\]]+)\]:(?<port>\d+) on .*`,
  ),
  shape("ssh.connection.write_failed", "warn", "Write failed: (?<reason>.*)"),
  shape("ssh.no_identification", "warn", `Did not receive identification string from ${oldPeer}`),
  shape(
    "ssh.protocol_error",
    "warn",
    `Bad protocol version identification (?<reason>.*) from ${oldPeer}`,
  ),
  shape(
    "ssh.protocol_error",
    "warn",
    `(?:banner exchange|ssh_dispatch_run_fatal): Connection from ${peer}: (?<reason>.*)`,
  ),
  shape("ssh.protocol_error", "warn", `kex_exchange_identification: (?<reason>.*)`),
  shape("ssh.negotiation_failed", "warn", `Unable to negotiate with ${peer}: (?<reason>.*)`),
  shape(
    "ssh.reverse_mapping_failed",
    "warn",
    String.raw`reverse mapping checking getaddrinfo for (?<remoteHost>\S+) \[(?<address>[^\]]+)\] failed.*`,
  ),
  shape(
    "ssh.reverse_mapping_failed",
    "warn",
    String.raw`Address (?<address>\S+) maps to (?<remoteHost>\S+), but this does not map back to the address.*`,
  ),
  shape(
    "ssh.server.started",
    "info",
    String.raw`Server listening on (?<listenAddress>\S+) port (?<listenPort>\d+)\.`,
  ),
  shape("ssh.server.stopped", "info", String.raw`Received signal (?<signal>\d+); terminating\.`),
];
