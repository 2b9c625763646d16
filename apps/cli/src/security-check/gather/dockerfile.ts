export type Instruction = { keyword: string; argument: string };
/** The instructions of each FROM, the FROM itself first. */
export type Dockerfile = { stages: Instruction[][] };

/** Reads a Dockerfile; instructions before the first FROM are ignored but for ARG. */
export function parseDockerfile(text: string): Dockerfile {
  const lines = text
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n")
    .replaceAll(/\\\n/g, " ")
    .split("\n");
  const stages: Instruction[][] = [];
  for (const line of lines) {
    const [, keyword, argument] = /^\s*([A-Za-z]+)\s+(.+)$/.exec(line) ?? [];
    if (keyword === undefined || argument === undefined) continue;
    const instruction = { keyword: keyword.toUpperCase(), argument: argument.trim() };
    if (instruction.keyword === "FROM" || stages.length === 0) stages.push([instruction]);
    else stages.at(-1)?.push(instruction);
  }
  return { stages };
}
