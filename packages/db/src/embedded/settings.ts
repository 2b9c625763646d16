import { createHash } from "node:crypto";
import { SOCKET_PORT } from "./socket-directory.ts";

/** Sized for a small machine that also runs the application. */
const DEFAULTS = {
  shared_buffers: "128MB",
  max_connections: "80",
  timezone: "UTC",
  log_timezone: "UTC",
  log_line_prefix: "[%p] ",
  log_checkpoints: "off",
  // Statements and error details quote what people sent; the log must not.
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
};

/**
 * The server's settings as command line arguments. `overrides` may change any but those that keep the
 * database private and its commits durable.
 */
export function serverArguments(
  socketDirectory: string,
  clusterName: string,
  overrides: Record<string, string>,
): string[] {
  const settings = {
    ...DEFAULTS,
    ...overrides,
    port: String(SOCKET_PORT),
    listen_addresses: "",
    unix_socket_directories: `"${socketDirectory.replaceAll('"', '""')}"`,
    unix_socket_permissions: "0700",
    password_encryption: "scram-sha-256",
    fsync: "on",
    full_page_writes: "on",
    logging_collector: "off",
    cluster_name: clusterName,
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** A name that tells the processes of this database from every other's, in at most 63 characters. */
export function clusterNameFor(cluster: string): string {
  return `muniment-${createHash("sha256").update(cluster).digest("hex").slice(0, 24)}`;
}
