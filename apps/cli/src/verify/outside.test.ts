import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

test("a folder of more notes than files may be open, with a folder in it, is read whole", async () => {
  const folder = await mkdtemp(join(tmpdir(), "muniment-outside-"));
  try {
    for (let at = 0; at < 400; at++) {
      await writeFile(join(folder, `${at}`), `log\n${at}\n\n\u2014 log c2lnbmF0dXJl\n`);
    }
    await mkdir(join(folder, "deeper"));
    const script = `
      import { readWitnesses } from ${JSON.stringify(join(import.meta.dirname, "outside.ts"))};
      const read = await readWitnesses([${JSON.stringify(folder)}], "log");
      console.log(read.length, read.some(({ witness }) => witness));`;
    const started = 'ulimit -n 100 && exec "$0" --import tsx --input-type=module -e "$1"';
    const { stdout } = await run("sh", ["-c", started, process.execPath, script], {
      cwd: join(import.meta.dirname, "../../../.."),
    });
    expect(stdout).toBe("400 false\n");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
