import { parse } from "yaml";
import { z } from "zod";

export type Service = {
  name: string;
  image: string;
  builds: boolean;
  /** As written; the long form as JSON. */
  ports: string[];
  networks: string[];
  hostAccess: string[];
  environment: Record<string, string>;
  volumes: string[];
  readOnly: boolean;
  dropsAllCapabilities: boolean;
  noNewPrivileges: boolean;
  healthcheck: boolean;
  memoryLimit: boolean;
  /** Runs to its end instead of staying up. */
  oneShot: boolean;
};
export type Compose = { services: Service[]; internalNetworks: string[] };

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const entries = z
  .array(z.unknown())
  .transform((list) => list.map((item) => (typeof item === "string" ? item : JSON.stringify(item))))
  .default([]);
const keys = z
  .union([z.array(z.string()), z.record(z.string(), z.unknown()).transform(Object.keys)])
  .default([]);
const pairs = z
  .union([
    z.record(
      z.string(),
      text.nullable().transform((value) => value ?? ""),
    ),
    z.array(z.string()).transform((list) =>
      Object.fromEntries(
        list.map((item) => {
          const at = item.indexOf("=");
          return at < 0 ? [item, ""] : [item.slice(0, at), item.slice(at + 1)];
        }),
      ),
    ),
  ])
  .default({});

const service = z.object({
  image: z.string().default(""),
  build: z.unknown().optional(),
  ports: entries,
  networks: keys,
  network_mode: z.string().optional(),
  pid: z.string().optional(),
  ipc: z.string().optional(),
  privileged: z.boolean().default(false),
  environment: pairs,
  volumes: entries,
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  healthcheck: z.object({ disable: z.boolean().default(false) }).optional(),
  mem_limit: text.optional(),
  deploy: z
    .object({ resources: z.object({ limits: z.object({ memory: text.optional() }) }) })
    .partial()
    .optional(),
  restart: text.optional(),
});
const composeFile = z.object({
  services: z.record(z.string(), service),
  networks: z
    .record(z.string(), z.object({ internal: z.boolean().default(false) }).nullable())
    .default({}),
});

function toService(name: string, read: z.infer<typeof service>): Service {
  const hostAccess = [
    ...(read.privileged ? ["privileged"] : []),
    ...(read.network_mode === "host" ? ["the host's network"] : []),
    ...(read.pid === "host" ? ["the host's processes"] : []),
    ...(read.ipc === "host" ? ["the host's shared memory"] : []),
    ...(read.volumes.some((volume) => volume.includes("docker.sock")) ? ["the Docker socket"] : []),
  ];
  return {
    name,
    image: read.image,
    builds: read.build !== undefined,
    ports: read.ports,
    networks: read.networks,
    hostAccess,
    environment: read.environment,
    volumes: read.volumes,
    readOnly: read.read_only,
    dropsAllCapabilities: read.cap_drop.includes("ALL"),
    noNewPrivileges: read.security_opt.some((option) =>
      /^no-new-privileges(?::true)?$/.test(option),
    ),
    healthcheck: read.healthcheck !== undefined && !read.healthcheck.disable,
    memoryLimit: (read.mem_limit ?? read.deploy?.resources?.limits.memory) !== undefined,
    oneShot: read.restart === "no",
  };
}

/** Reads a compose file. @throws when it is not one */
export function parseCompose(file: string): Compose {
  const { services, networks } = composeFile.parse(parse(file, { merge: true }));
  return {
    services: Object.entries(services).map(([name, read]) => toService(name, read)),
    internalNetworks: Object.entries(networks).flatMap(([name, read]) =>
      read?.internal ? [name] : [],
    ),
  };
}
