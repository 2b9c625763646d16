import { errorReasons } from "@muniment/shared/error-reasons.ts";
import { importPartBytes } from "@muniment/shared/imports.ts";
import { z } from "zod";
import { reasonSentences } from "../../errors.ts";

const attempts = 3;
const refusal = z.object({ error: z.object({ reason: z.enum(errorReasons) }) });

async function sendPart(id: string, offset: number, part: Blob): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(`/api/v1/imports/${id}?offset=${offset}`, {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: part,
    }).catch(() => null);
    if (response?.ok) return;
    // A part may be sent again; the server knows whether it has it.
    const isWorthIt = response === null || response.status >= 500 || response.status === 429;
    if (isWorthIt && attempt < attempts) {
      const seconds = Number(response?.headers.get("retry-after") ?? attempt);
      await new Promise((resolve) => setTimeout(resolve, Math.min(seconds, 60) * 1000));
      continue;
    }
    const told = refusal.safeParse(await response?.json().catch(() => null));
    throw new Error(
      told.success ? reasonSentences[told.data.error.reason] : "The file could not be sent.",
    );
  }
}

/** Sends a file, part by part, to an import that was announced. Goes on while the page shows something else. */
export async function sendFile(id: string, file: File): Promise<void> {
  for (let at = 0; at < file.size; at += importPartBytes) {
    await sendPart(id, at, file.slice(at, at + importPartBytes));
  }
}
