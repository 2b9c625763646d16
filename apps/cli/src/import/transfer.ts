import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type EventImport, eventImport, importPartBytes } from "@muniment/shared/imports.ts";
import { mutate, query, sendBytes } from "../call-server.ts";
import type { Options } from "./options.ts";

const pollMilliseconds = 500;

/** What a caller must know of a sign-in, which may have to be renewed while a long import runs. */
export type Caller = { url: URL; token: () => Promise<string> };

type Tell = (state: EventImport) => void;

/** Sends the announced bytes of a file in parts. @throws Error when the file has become shorter */
export async function sendFile(
  { url, token }: Caller,
  { file, asked }: Options,
  id: string,
  tell: Tell,
  signal: AbortSignal,
): Promise<void> {
  const handle = await open(file);
  try {
    const part = Buffer.alloc(importPartBytes);
    for (let at = 0; at < asked.sizeBytes && !signal.aborted; ) {
      const wanted = Math.min(part.length, asked.sizeBytes - at);
      const { bytesRead } = await handle.read(part, 0, wanted, at);
      if (bytesRead === 0) throw new Error("the file became shorter while it was sent");
      const path = `api/v1/imports/${id}?offset=${at}`;
      tell(
        eventImport.parse(await sendBytes(url, path, part.subarray(0, bytesRead), await token())),
      );
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

/** Waits until nothing is done for an import any more, or somebody interrupts. */
export async function follow(
  { url, token }: Caller,
  id: string,
  tell: Tell,
  signal: AbortSignal,
): Promise<EventImport> {
  for (;;) {
    const state = eventImport.parse(await query(url, "imports.get", { id }, await token()));
    tell(state);
    if (!["receiving", "queued", "running"].includes(state.status)) return state;
    if (signal.aborted) {
      return eventImport.parse(await mutate(url, "imports.cancel", { id }, await token()));
    }
    await sleep(pollMilliseconds, undefined, { signal }).catch(() => {});
  }
}
