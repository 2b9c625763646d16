import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type EventImport, eventImport, importPartBytes } from "@muniment/shared/imports.ts";
import { mutate, query, ServerError, sendBytes } from "../call-server.ts";
import type { Caller } from "../signed-in.ts";
import type { Options } from "./options.ts";

const pollMilliseconds = 500;
const attempts = 5;
const longestWaitSeconds = 60;

type Tell = (state: EventImport) => void;

/** Makes a call that may be made again, some times where what is wrong may pass. @throws ServerError */
async function persist<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const mayPass = error instanceof ServerError && error.mayPass;
      if (!mayPass || attempt === attempts || signal.aborted) throw error;
      const seconds = Math.min(error.retryAfter ?? attempt, longestWaitSeconds);
      await sleep(seconds * 1000, undefined, { signal }).catch(() => {});
    }
  }
}

const stateOf = async ({ url, token }: Caller, id: string) =>
  eventImport.parse(await query(url, "imports.get", { id }, await token()));

/** Cancels an import whose file is not there whole; what is goes on without its sender. */
export async function cancelUnsent(caller: Caller, id: string): Promise<void> {
  const { status } = await stateOf(caller, id);
  if (status === "receiving") {
    await mutate(caller.url, "imports.cancel", { id }, await caller.token());
  }
}

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
      const bytes = part.subarray(0, bytesRead);
      // A part may be sent again; the server knows whether it has it.
      const send = async () => sendBytes(url, path, bytes, await token());
      tell(eventImport.parse(await persist(send, signal)));
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

/** Waits until nothing is done for an import any more, or somebody interrupts. */
export async function follow(
  caller: Caller,
  id: string,
  tell: Tell,
  signal: AbortSignal,
): Promise<EventImport> {
  for (;;) {
    const state = await persist(() => stateOf(caller, id), signal);
    tell(state);
    if (!["receiving", "queued", "running"].includes(state.status)) return state;
    if (signal.aborted) {
      const { url, token } = caller;
      return eventImport.parse(await mutate(url, "imports.cancel", { id }, await token()));
    }
    await sleep(pollMilliseconds, undefined, { signal }).catch(() => {});
  }
}
