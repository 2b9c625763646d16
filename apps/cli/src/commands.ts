import type { Command } from "./command.ts";

/** Every command by its name; its code is loaded only when it is called or listed. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  admin: async () => (await import("./admin/command.ts")).admin,
  backup: async () => (await import("./backup/command.ts")).backup,
  export: async () => (await import("./export/command.ts")).exportCommand,
  import: async () => (await import("./import/command.ts")).importCommand,
  "move-to-postgres": async () => (await import("./move-to-postgres/command.ts")).moveToPostgres,
  restore: async () => (await import("./restore/command.ts")).restore,
  "rotate-keys": async () => (await import("./rotate-keys/command.ts")).rotateKeys,
  scan: async () => (await import("./scan/command.ts")).scan,
  "security-check": async () => (await import("./security-check/command.ts")).securityCheck,
  search: async () => (await import("./search/command.ts")).search,
  verify: async () => (await import("./verify/command.ts")).verify,
  send: async () => (await import("./send/command.ts")).send,
  tail: async () => (await import("./tail/command.ts")).tail,
};
