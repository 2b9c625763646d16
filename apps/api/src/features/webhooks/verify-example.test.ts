import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { signatureOf } from "../../webhooks/signature.ts";

const document = readFileSync(
  fileURLToPath(new URL("../../../../../docs/webhooks.md", import.meta.url)),
  "utf8",
);
const example = (language: string) =>
  new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(document)?.[1] ?? "";

const at = new Date(1_795_248_000_000);
const now = at.getTime() / 1000;
const body = '{"name":"Zo\u00eb \u{1f600}"}';
const header = signatureOf(["whsec_new", "whsec_old"], body, at);

type Check = (secret: string, header: string, body: string, now: number) => boolean;

const cases: [string, Parameters<Check>, boolean][] = [
  ["the new secret", ["whsec_new", header, body, now], true],
  ["the old secret", ["whsec_old", header, body, now + 299], true],
  ["another secret", ["whsec_other", header, body, now], false],
  ["another body", ["whsec_new", header, `${body} `, now], false],
  ["another time", ["whsec_new", header.replace("t=1", "t=2"), body, now], false],
  ["an old header", ["whsec_new", header, body, now + 301], false],
];

test.each(cases)("the example for Node.js judges %s", async (_, input, expected) => {
  const source = Buffer.from(example("js")).toString("base64");
  const { isFromMuniment } = (await import(`data:text/javascript;base64,${source}`)) as {
    isFromMuniment: Check;
  };
  expect(isFromMuniment(...input)).toBe(expected);
});

/** A tool that this machine may not have. */
function run(command: string, ...args: string[]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: "utf8" }).trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

test("the examples for Python and a shell say the same, where there is Python or openssl", () => {
  const call = `\nimport json, sys\nfor c in json.loads(sys.argv[1]): print(is_from_muniment(c[0], c[1], c[2].encode(), c[3]))`;
  const inputs = JSON.stringify(cases.map(([, input]) => input));
  const judged = run("python3", "-c", example("python") + call, inputs);
  const expected = cases.map(([, , is]) => (is ? "True" : "False")).join("\n");
  expect([undefined, expected]).toContain(judged);
  const script = `t=$1; body=$2; secret=$3\n${example("sh")}`;
  const hex = run("sh", "-c", script, "sh", String(now), body, "whsec_new");
  if (run("openssl", "version") !== undefined)
    expect(header).toContain(`v1=${hex?.split(" ").at(-1)},`);
});
