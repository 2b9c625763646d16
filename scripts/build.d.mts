import type { BuildOptions } from "esbuild";

/** The folder with a build of the present sources; builds it when there is none. */
export function ensureBuild(say?: (line: string) => void): Promise<string>;
/** The page that verifies evidence from the disk, as one file. */
export function buildVerifier(): Promise<string>;
/** How what Node.js runs is put into one file each. */
export const nodeBundle: BuildOptions;
