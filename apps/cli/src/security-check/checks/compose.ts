import { type Check, type Finding, fail, failIfAny, skip } from "@muniment/api/posture/check.ts";
import type { CheckoutFacts } from "../facts.ts";
import type { Compose, Service } from "../gather/compose.ts";
import { isPinned } from "./pinned-image.ts";

const stores = /(?:^|[/-])(?:postgres|postgresql|redis|valkey|mysql|mariadb|mongo)(?:[:@-]|$)/;
/** Of databases, and of clamd, which asks nobody who they are. */
const privatePorts = /(?:^|:)(?:5432|6379|3306|27017|3310)(?:\/|$)/;
const secretName = /PASSWORD|PASSWD|SECRET|TOKEN|ENCRYPTION_KEY|SIGNING_KEY|PRIVATE_KEY/;
const inlinePassword = /:\/\/[^:/@\s]*:[^@$\s]+@/;

const isStore = ({ name, image }: Service) => stores.test(image || name);

function withCompose(judge: (compose: Compose) => Finding) {
  return ({ project: { compose } }: CheckoutFacts): Finding => {
    if (!compose) return skip("there is no docker-compose.yml here");
    if ("problem" in compose) return fail(compose.problem, "Correct docker-compose.yml.");
    return judge(compose.content);
  };
}

/** A check that names each service for which `isWrong` holds. */
function everyService(
  id: string,
  title: string,
  isWrong: (service: Service) => boolean,
  remedy: string,
): Check {
  return {
    id: `compose.${id}`,
    title,
    group: "containers",
    run: withCompose(({ services }) =>
      failIfAny(
        services.filter(isWrong).map(({ name }) => name),
        `all ${services.length} services`,
        remedy,
      ),
    ),
  };
}

/** A literal, or a default, where a secret should be asked for. */
function holdsSecret([name, value]: [string, string]): boolean {
  if (value === "" || name.endsWith("_FILE")) return false;
  if (inlinePassword.test(value)) return true;
  const isAskedFor = /^\$\{\w+(?::?\?[^}]*)?\}$/.test(value);
  return secretName.test(name) && !isAskedFor;
}

export const composeChecks: Check<CheckoutFacts>[] = [
  {
    id: "compose.private-stores",
    title: "No port of a database or scanner is published",
    group: "containers",
    run: withCompose(({ services }) =>
      failIfAny(
        services
          .filter(
            (service) =>
              (isStore(service) && service.ports.length > 0) ||
              service.ports.some((port) => privatePorts.test(port)),
          )
          .map(({ name, ports }) => `${name} publishes ${ports.join(", ")}`),
        "none",
        "Remove ports from it: the API reaches it over their common network.",
      ),
    ),
  },
  {
    id: "compose.isolated-stores",
    title: "Databases sit in a network without a way out",
    group: "containers",
    run: withCompose(({ services, internalNetworks }) =>
      failIfAny(
        services
          .filter((service) => isStore(service) && !service.oneShot)
          .filter(({ networks }) => {
            const open = networks.filter((network) => !internalNetworks.includes(network));
            return networks.length === 0 || open.length > 0;
          })
          .map(({ name }) => `${name} reaches other networks`),
        internalNetworks.join(", "),
        "Put it into one network only, and declare that network with internal: true.",
      ),
    ),
  },
  {
    id: "compose.no-default-secrets",
    title: "No secret and no default for one is written down",
    group: "containers",
    run: withCompose(({ services }) =>
      failIfAny(
        services.flatMap(({ name, environment }) =>
          Object.entries(environment)
            .filter(holdsSecret)
            .map(([variable]) => `${variable} of ${name}`),
        ),
        "secrets come from files",
        "Use the variable's _FILE form with a file that deploy/make-secrets.sh makes.",
      ),
    ),
  },
  {
    id: "compose.no-host-access",
    title: "No service reaches into the host",
    group: "containers",
    run: withCompose(({ services }) =>
      failIfAny(
        services.flatMap(({ name, hostAccess }) => hostAccess.map((what) => `${name}: ${what}`)),
        "none does",
        "Remove privileged, host namespaces and the Docker socket.",
      ),
    ),
  },
  everyService(
    "read-only",
    "Containers cannot change their own programs",
    ({ readOnly }) => !readOnly,
    "Set read_only: true, and tmpfs for what must be written.",
  ),
  everyService(
    "capabilities",
    "Containers give up the kernel's capabilities",
    ({ dropsAllCapabilities }) => !dropsAllCapabilities,
    "Set cap_drop: [ALL], and cap_add for what is needed.",
  ),
  everyService(
    "no-new-privileges",
    "No process in a container can gain rights",
    ({ noNewPrivileges }) => !noNewPrivileges,
    'Set security_opt: ["no-new-privileges:true"].',
  ),
  everyService(
    "memory-limits",
    "One container cannot take the machine's memory",
    ({ memoryLimit }) => !memoryLimit,
    "Set mem_limit.",
  ),
  everyService(
    "pinned-images",
    "Images are of one version",
    ({ image, builds }) => !isPinned(image) && !(builds && image === ""),
    "Name a full version such as 18.6-bookworm, or a digest.",
  ),
  everyService(
    "healthchecks",
    "Every service that stays up tells its health",
    ({ healthcheck, builds, oneShot }) => !healthcheck && !builds && !oneShot,
    "Add a healthcheck.",
  ),
];
