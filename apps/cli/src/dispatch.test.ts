import { expect, test } from "vitest";
import { call } from "../test/call.ts";
import { exitCodes, type Io, UsageError } from "./command.ts";
import { dispatch } from "./dispatch.ts";

test("without a command, or with an unknown one, the list is shown and nothing is done", async () => {
  for (const argv of [[], ["sned"], ["toString"]]) {
    const { exitCode, stdout, stderr } = await call(argv);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^ {2}send {2,}\S/m);
  }
});

test.each(["--help", "-h"])("%s lists the commands", async (option) => {
  const { exitCode, stdout } = await call([option]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^ {2}send {2,}\S/m);
});

test("a command's --help is its usage, whatever else is asked", async () => {
  const { exitCode, stdout } = await call(["send", "--nonsense", "--help"]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^Usage: muniment send /);
  expect(stdout).toContain("Exit codes");
});

test.each([
  [new UsageError("Wrong."), exitCodes.usage],
  [new Error("Wrong."), exitCodes.failed],
])("an error of a command becomes a message and an exit code", async (error, exitCode) => {
  const written = { stdout: "", stderr: "" };
  const into = (name: "stdout" | "stderr") => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const io = { stdout: into("stdout"), stderr: into("stderr") } as unknown as Io;
  const run = async (argv: string[], { stdout }: Io) => {
    if (argv.includes("lines")) stdout.write("{}\n");
    throw error;
  };
  const commands = { fail: async () => ({ name: "fail", summary: "", usage: "", run }) };
  expect(await dispatch(["fail", "--", "--json"], commands, io)).toBe(exitCode);
  expect(written.stderr).toMatch(/^muniment fail: Wrong\.\n/);
  expect(written.stderr).not.toContain("    at ");
  expect(written.stdout).toBe("");
  // What has told something in JSON until then is not followed by another object.
  expect(await dispatch(["fail", "lines", "--json"], commands, io)).toBe(exitCode);
  expect(written.stdout).toBe("{}\n");
  written.stdout = "";
  expect(await dispatch(["fail", "--json"], commands, io)).toBe(exitCode);
  expect(JSON.parse(written.stdout)).toEqual({ ok: false, problem: "Wrong.", exitCode });
});
