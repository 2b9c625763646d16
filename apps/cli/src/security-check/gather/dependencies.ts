import { parse } from "yaml";
import { z } from "zod";

export type LockedPackage = {
  name: string;
  version: string;
  /** Comes from a registry and is checked against a hash. */
  verified: boolean;
};

const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      resolution: z.object({ integrity: z.string().optional(), tarball: z.string().optional() }),
    }),
  ),
});

/** The packages of a pnpm-lock.yaml. @throws when it is not one */
export function parseLockfile(text: string): LockedPackage[] {
  // Only this section is needed, and the whole file takes several times as long.
  const section = /^packages:\n[\s\S]*?(?=^\S)/m.exec(text)?.[0] ?? "packages: {}";
  return Object.entries(lockfile.parse(parse(section)).packages).map(([key, { resolution }]) => {
    const at = key.lastIndexOf("@");
    return {
      name: key.slice(0, at),
      version: key.slice(at + 1),
      verified: resolution.integrity !== undefined && resolution.tarball === undefined,
    };
  });
}

const floor = z.strictObject({
  package: z.string(),
  /** The first safe version of each major line that has one. */
  minimum: z.array(z.string().regex(/^\d+\.\d+\.\d+$/)).min(1),
  reason: z.string().min(1),
  /** Versions that stay although they are below, and why that is harmless. */
  accepted: z.record(z.string(), z.string().min(1)).default({}),
});
export type Floor = z.infer<typeof floor>;

/** The list of deploy/advisory-floors.json. @throws when it is not one */
export function parseFloors(text: string): Floor[] {
  return z.strictObject({ floors: z.array(floor) }).parse(JSON.parse(text)).floors;
}

/** The packages that pnpm-workspace.yaml lets run a script when they are installed. */
export function parseBuildPermissions(text: string) {
  return z
    .object({
      allowBuilds: z.record(z.string(), z.boolean()).default({}),
      dangerouslyAllowAllBuilds: z.boolean().default(false),
    })
    .parse(parse(text));
}
export type BuildPermissions = ReturnType<typeof parseBuildPermissions>;
