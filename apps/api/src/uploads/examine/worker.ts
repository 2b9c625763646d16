import { parentPort } from "node:worker_threads";
import { examine } from "./examine.ts";
import { FileRefusal } from "./refusal.ts";

export type Question = { bytes: Uint8Array; extension: string | null };
export type Verdict =
  | ({ ok: true } & Awaited<ReturnType<typeof examine>>)
  | { ok: false; reason: FileRefusal["reason"]; message: string };

async function judge({ bytes, extension }: Question): Promise<Verdict> {
  try {
    return { ok: true, ...(await examine(bytes, extension)) };
  } catch (error) {
    if (!(error instanceof FileRefusal)) throw error;
    return { ok: false, reason: error.reason, message: error.message };
  }
}

parentPort?.on("message", async (question: Question) => {
  parentPort?.postMessage("begun");
  const verdict = await judge(question);
  parentPort?.postMessage(verdict, verdict.ok ? [verdict.bytes.buffer as ArrayBuffer] : []);
});
parentPort?.postMessage("ready");
