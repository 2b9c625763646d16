import { byCompose, byDockerfile, byFacts, type Cases } from "../case.ts";

const beforeHealthcheck = /(?=\n {4}healthcheck:\n {6}# By TCP)/;

/** What stands in the service of the database before its networks. */
const inPostgres = "    tmpfs: [/tmp, /var/run/postgresql]\n";

export const containerCases: Cases = {
  "compose.private-stores": {
    breaks: {
      "the database's own port": byCompose(beforeHealthcheck, '\n    ports: ["5432:5432"]'),
      "another port of it": byCompose(beforeHealthcheck, '\n    ports: ["127.0.0.1:15432:5432"]'),
      "through another service": byCompose('"80:80"', '"6379:6379"'),
      "the scanner's": byCompose("profiles: [clamav]", 'ports: ["3310:3310"]'),
      "in the long form": byCompose(beforeHealthcheck, "\n    ports: [{ target: 5432 }]"),
    },
  },
  "compose.isolated-stores": {
    breaks: {
      "a network with a way out": byCompose("internal: true", "internal: false"),
      "two networks": byCompose(
        `${inPostgres}    networks: [database]`,
        `${inPostgres}    networks: [database, edge]`,
      ),
      "the default network": byCompose(`${inPostgres}    networks: [database]\n`, inPostgres),
    },
  },
  "compose.no-default-secrets": {
    breaks: {
      "a literal": byCompose(
        "POSTGRES_PASSWORD_FILE: /run/secrets/superuser-password",
        "POSTGRES_PASSWORD: postgres",
      ),
      "a default": byCompose(
        "JWT_SECRET_FILE: /run/secrets/jwt-secret",
        "JWT_SECRET: $" + "{JWT_SECRET:-changeme}",
      ),
      "a password in an address": byCompose(
        "REDIS_URL_FILE: /run/secrets/redis-url",
        "REDIS_URL: rediss://:hunter2@redis:6379",
      ),
    },
  },
  "compose.no-host-access": {
    breaks: {
      privileged: byCompose("read_only: true", "read_only: true\n  privileged: true"),
      "the host's network": byCompose("network_mode: none", "network_mode: host"),
      "the Docker socket": byCompose(
        "- api-data:/data",
        "- /var/run/docker.sock:/var/run/docker.sock",
      ),
    },
  },
  "compose.read-only": { breaks: { writable: byCompose("read_only: true", "read_only: false") } },
  "compose.capabilities": {
    breaks: { kept: byCompose("cap_drop: [ALL]", "cap_drop: [NET_RAW]") },
  },
  "compose.no-new-privileges": {
    breaks: { allowed: byCompose("no-new-privileges:true", "no-new-privileges:false") },
  },
  "compose.memory-limits": { breaks: { missing: byCompose("    mem_limit: 2g\n", "") } },
  "compose.pinned-images": {
    breaks: {
      latest: byCompose("redis:8.10.1-trixie", "redis:latest"),
      "no tag": byCompose("redis:8.10.1-trixie", "registry.example.org:5000/redis"),
      "a major version only": byCompose("caddy:2.11.4-alpine", "caddy:2-alpine"),
    },
  },
  "compose.healthchecks": {
    breaks: {
      missing: byCompose(/ {4}healthcheck:\n {6}test: \[CMD, wget[\s\S]+?retries: 3\n/, ""),
      disabled: byCompose(
        "    healthcheck:\n      test: [CMD, wget",
        "    healthcheck:\n      disable: true\n      test: [CMD, wget",
      ),
    },
  },

  "dockerfile.non-root": {
    breaks: {
      "no user": byDockerfile("USER node\n", ""),
      root: byDockerfile("USER node", "USER root"),
      "root by number": byDockerfile("USER node", "USER 0:0"),
    },
  },
  "dockerfile.multi-stage": {
    breaks: {
      "sources in the image": byDockerfile("COPY --from=build /app ./", "COPY . ."),
      "one stage": byDockerfile(/\nFROM node:24\.19\.0-bookworm-slim\n/, "\n"),
    },
  },
  "dockerfile.no-secrets": {
    breaks: {
      "in the environment": byDockerfile("HOST=0.0.0.0", "JWT_SECRET=abc"),
      "as an argument": byDockerfile("WORKDIR /src", "ARG NPM_TOKEN\nWORKDIR /src"),
      "as a file": byDockerfile("WORKDIR /src", "COPY .env .\nWORKDIR /src"),
    },
  },
  "dockerfile.frozen-lockfile": {
    breaks: {
      "not frozen": byDockerfile("install --frozen-lockfile --offline", "install"),
      "a tool of any version": byDockerfile(/pnpm@\d+\.\d+\.\d+/, "pnpm"),
    },
  },
  "dockerfile.pinned-base": {
    breaks: { "a major version only": byDockerfile("node:24.19.0-bookworm-slim", "node:24") },
  },
  "dockerfile.healthcheck": {
    breaks: {
      missing: byDockerfile(/HEALTHCHECK[\s\S]+?\]\n/, ""),
      none: byDockerfile(/HEALTHCHECK[\s\S]+?\]\n/, "HEALTHCHECK NONE\n"),
    },
  },
  "dockerfile.ignore": {
    breaks: {
      "not there": byFacts(({ project }) => {
        project.dockerignore = null;
      }),
      "excludes by name only": byFacts(({ project }) => {
        project.dockerignore = { content: [".git", "node_modules"] };
      }),
      "lets the secrets in": byFacts(({ project }) => {
        project.dockerignore = { content: ["*", "!apps", "!deploy"] };
      }),
    },
  },
};
