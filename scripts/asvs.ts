/**
 * `pnpm docs:asvs` writes docs/asvs.md: which tests prove which requirement of OWASP ASVS 5.0, by the
 * ids in their names. `repo.test.ts` fails when the file is out of date.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
type Requirement = { level: number; says: string; reason?: string };
const known: Record<string, Requirement> = JSON.parse(
  readFileSync(join(root, "docs/asvs-requirements.json"), "utf8"),
);

const testFiles = () =>
  execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.test.ts"], {
    cwd: root,
    encoding: "utf8",
  })
    .split("\n")
    .filter((path) => path !== "" && existsSync(join(root, path)))
    .sort();

// The name is the first string after `test(`, `test.each(…)(` and the like.
const name = /(?:\b(?:test|it|describe)(?:\.\w+)*|[\])])\(\s*("(?:[^"\\\n]|\\.)*"|`[^`]*`)/g;
// Other chapters are named in tests too, but not all of what applies of them: they are not listed.
const id = /\b(?:V|ASVS )((?:6|7|9|10)\.\d+\.\d+)\b/g;

/** The names of tests by the requirement that they say they prove. */
function provenBy() {
  const proven = new Map<string, string[]>();
  for (const path of testFiles()) {
    for (const [, literal = ""] of readFileSync(join(root, path), "utf8").matchAll(name)) {
      const text = literal.slice(1, -1);
      for (const [, number] of text.matchAll(id)) {
        const requirement = `V${number}`;
        const plain = text
          .replace(/\s*\(V[\d.]+(?:, V[\d.]+)*\)/, "")
          .replace(/^(?:(?:ASVS |V)[\d.]+[,:]? )+/, "")
          .replaceAll("|", "\\|");
        const found = proven.get(requirement) ?? [];
        proven.set(requirement, [...found, `\`${path}\`: ${plain}`]);
      }
    }
  }
  return proven;
}

/** The text of docs/asvs.md. @throws Error where a test names a requirement that is not on the list */
export function asvsDocument(): string {
  const proven = provenBy();
  const unknown = [...proven.keys()].filter((requirement) => !(requirement in known));
  if (unknown.length > 0) {
    throw new Error(`docs/asvs-requirements.json lacks ${unknown.join(", ")}`);
  }
  const rows = Object.entries(known).map(([requirement, { level, says, reason }]) => {
    // What asks for a document is answered by it, and by what holds the document to be true.
    const answers = [...(reason === undefined ? [] : [reason]), ...(proven.get(requirement) ?? [])];
    const answer = answers.join("<br>") || "**no test yet**";
    return `| ${requirement} | ${level} | ${says} | ${answer} |`;
  });
  return [
    "# OWASP ASVS 5.0: authentication, sessions, self-contained tokens",
    "",
    "Written by `pnpm docs:asvs` from the ids in the names of tests, and from `asvs-requirements.json`, which holds a paraphrase of each requirement and the reason where no test can prove it. The requirements themselves are those of the [OWASP Application Security Verification Standard 5.0](https://owasp.org/www-project-application-security-verification-standard/). Listed are chapters V6, V7 and V9: levels 1 and 2, and of level 3 what concerns notices, enumeration and fresh authentication; of V10 what applies to our tokens.",
    "",
    "| id | level | requirement, in short | proved by |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(root, "docs/asvs.md"), asvsDocument());
}
