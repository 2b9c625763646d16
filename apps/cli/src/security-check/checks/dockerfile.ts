import {
  type Check,
  type Finding,
  fail,
  failIfAny,
  pass,
  skip,
} from "@muniment/api/posture/check.ts";
import type { CheckoutFacts } from "../facts.ts";
import type { Dockerfile, Instruction } from "../gather/dockerfile.ts";
import { isPinned } from "./pinned-image.ts";

const secretName = /PASSWORD|PASSWD|SECRET|TOKEN|_KEY\b|PRIVATE/i;
const secretFile =
  /(?:^|[\s/])(?:\.env\S*|keyring\.json|\S+\.pem|\S+\.key|deploy\/secrets\S*)(?:\s|$)/;

type Facets = { stages: Instruction[][]; last: Instruction[]; all: Instruction[] };

function withDockerfile(judge: (facets: Facets) => Finding) {
  return ({ project: { dockerfile } }: CheckoutFacts): Finding => {
    if (!dockerfile) return skip("there is no Dockerfile here");
    if ("problem" in dockerfile) return fail(dockerfile.problem, "Correct the Dockerfile.");
    const { stages }: Dockerfile = dockerfile.content;
    return judge({ stages, last: stages.at(-1) ?? [], all: stages.flat() });
  };
}

const of = (instructions: Instruction[], keyword: string) =>
  instructions.filter((instruction) => instruction.keyword === keyword);

/** Names of earlier stages are no images. */
function baseImages(stages: Instruction[][]): string[] {
  const froms = stages.map(([from]) => from?.argument ?? "");
  const names = froms.map((from) => / AS (\S+)$/i.exec(from)?.[1]);
  return froms
    .map((from) => from.replace(/^(?:--\S+\s+)*/, "").split(/\s+/)[0] ?? "")
    .filter((image) => !names.includes(image) && image !== "scratch");
}

export const dockerfileChecks: Check<CheckoutFacts>[] = [
  {
    id: "dockerfile.non-root",
    title: "The image does not run as root",
    group: "containers",
    run: withDockerfile(({ last }) => {
      const user = of(last, "USER").at(-1)?.argument ?? "root";
      const remedy = "End the last stage with a USER that is not root.";
      return /^(?:root|0)(?::|$)/.test(user) ? fail(`it runs as ${user}`, remedy) : pass(user);
    }),
  },
  {
    id: "dockerfile.multi-stage",
    title: "Build tools and sources stay out of the image",
    group: "containers",
    run: withDockerfile(({ stages, last }) => {
      const copies = of(last, "COPY");
      const fromContext = copies.filter(({ argument }) => !argument.startsWith("--from="));
      return failIfAny(
        [
          ...(stages.length < 2 ? ["there is one stage only"] : []),
          ...fromContext.map(
            ({ argument }) => `the last stage copies ${argument} from the checkout`,
          ),
        ],
        `${stages.length} stages`,
        "Build in a first stage and copy only the results.",
      );
    }),
  },
  {
    id: "dockerfile.no-secrets",
    title: "No secret is baked into the image",
    group: "containers",
    run: withDockerfile(({ all }) => {
      const named = [...of(all, "ENV"), ...of(all, "ARG")].flatMap(({ keyword, argument }) =>
        (argument.match(/[A-Za-z_]\w*(?==|\s|$)/g) ?? [])
          .slice(0, keyword === "ARG" ? 1 : undefined)
          .filter((name) => secretName.test(name))
          .map((name) => `${keyword} ${name}`),
      );
      const copied = [...of(all, "COPY"), ...of(all, "ADD")]
        .filter(({ argument }) => secretFile.test(argument))
        .map(({ keyword, argument }) => `${keyword} ${argument}`);
      return failIfAny(
        [...named, ...copied],
        "none",
        "Give secrets to the running container, as files.",
      );
    }),
  },
  {
    id: "dockerfile.frozen-lockfile",
    title: "The image holds exactly the locked dependencies",
    group: "containers",
    run: withDockerfile(({ all }) => {
      const installs = of(all, "RUN").flatMap(({ argument }) =>
        argument
          .split(/&&|;/)
          .filter((part) => /\b(?:pnpm|npm|yarn)\s+(?:install|i|fetch)\b/.test(part)),
      );
      const isTool = /\bnpm install --global \S+@\d+\.\d+\.\d+\s*$/;
      const loose = installs.filter(
        (part) => !part.includes("--frozen-lockfile") && !isTool.test(part),
      );
      return failIfAny(
        loose.map((part) => part.trim()),
        "frozen",
        "Install with pnpm install --frozen-lockfile or npm ci.",
      );
    }),
  },
  {
    id: "dockerfile.pinned-base",
    title: "The base image is of one version",
    group: "containers",
    run: withDockerfile(({ stages }) =>
      failIfAny(
        baseImages(stages).filter((image) => !isPinned(image)),
        [...new Set(baseImages(stages))].join(", "),
        "Name a full version such as 24.19.0-bookworm-slim, or a digest.",
      ),
    ),
  },
  {
    id: "dockerfile.healthcheck",
    title: "The image tells its health",
    group: "containers",
    run: withDockerfile(({ last }) => {
      const checks = of(last, "HEALTHCHECK").filter(({ argument }) => argument !== "NONE");
      return checks.length > 0
        ? pass("on /readyz")
        : fail("there is no HEALTHCHECK", "Add one that asks /readyz.");
    }),
  },
  {
    id: "dockerfile.ignore",
    title: "Secrets, data and history never reach the image's build",
    group: "containers",
    run({ project: { dockerfile, dockerignore } }) {
      if (!dockerfile) return skip("there is no Dockerfile here");
      const remedy = "Begin .dockerignore with * and name only what the build reads.";
      if (!dockerignore) return fail("there is no .dockerignore", remedy);
      if ("problem" in dockerignore) return fail(dockerignore.problem, remedy);
      const lines = dockerignore.content;
      const exceptions = lines.filter((line) => line.startsWith("!"));
      const harmful = exceptions.filter((line) => /^!\/?(?:\*|\.git|\.env|data|deploy)/.test(line));
      return failIfAny(
        [...(lines[0] === "*" ? [] : ["not everything is excluded first"]), ...harmful],
        `${exceptions.length} exceptions`,
        remedy,
      );
    },
  },
];
