/** The folder with a build of the present sources; builds it when there is none. */
export function ensureBuild(say?: (line: string) => void): Promise<string>;
