import { BackupDamaged } from "@muniment/db/backup/problem.ts";

/** Kinds of frames, in the order in which they may come: head, (begin, data..., end)..., tail. */
export const frameKinds = { head: 1, begin: 2, data: 3, end: 4, tail: 5 } as const;
type Kind = (typeof frameKinds)[keyof typeof frameKinds];
export type Frame = { kind: number; payload: Buffer };

const magic = Buffer.from("muniment-backup\n");
const mostBytes = 16 * 2 ** 20;
/** Data is gathered to so much before it becomes a frame. */
const frameBytes = 256 * 1024;

function frame(kind: Kind, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(5 + payload.length);
  bytes.writeUInt8(kind, 0);
  bytes.writeUInt32BE(payload.length, 1);
  bytes.set(payload, 5);
  return bytes;
}

const text = (kind: Kind, value: unknown) => frame(kind, Buffer.from(JSON.stringify(value)));

/** What a backup begins with. */
export const beginning = (head: unknown) => Buffer.concat([magic, text(frameKinds.head, head)]);
export const begin = (value: unknown) => text(frameKinds.begin, value);
export const end = (value: unknown) => text(frameKinds.end, value);
export const ending = (tail: unknown) => text(frameKinds.tail, tail);

/** Frames of data from chunks of any size. */
export async function* dataFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let gathered: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += frameBytes) {
      const part = chunk.subarray(at, at + frameBytes);
      gathered.push(part);
      bytes += part.length;
      if (bytes < frameBytes) continue;
      yield frame(frameKinds.data, Buffer.concat(gathered));
      gathered = [];
      bytes = 0;
    }
  }
  if (bytes > 0) yield frame(frameKinds.data, Buffer.concat(gathered));
}

/** Takes exactly so many bytes at a time from chunks of any size. */
function taker(chunks: AsyncIterable<Uint8Array>) {
  const source = chunks[Symbol.asyncIterator]();
  let left: Buffer = Buffer.alloc(0);
  return {
    async take(bytes: number): Promise<Buffer> {
      const parts = [left];
      let have = left.length;
      while (have < bytes) {
        const { value, done } = await source.next();
        if (done) throw new BackupDamaged("it ends too early");
        parts.push(Buffer.from(value.buffer, value.byteOffset, value.length));
        have += value.length;
      }
      const all = parts.length === 1 ? left : Buffer.concat(parts);
      left = all.subarray(bytes);
      return all.subarray(0, bytes);
    },
    /** Reads on to the end, where what the bytes came from is checked; there must be none left. */
    async finish(): Promise<void> {
      const { done } = left.length > 0 ? { done: false } : await source.next();
      if (!done) throw new BackupDamaged("something follows its end");
    },
    close: async () => void (await source.return?.()),
  };
}

/** The frames of a backup up to its tail. @throws BackupDamaged */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const bytes = taker(chunks);
  try {
    if (!(await bytes.take(magic.length)).equals(magic)) throw new BackupDamaged("it is no backup");
    for (;;) {
      const front = await bytes.take(5);
      const kind = front.readUInt8(0);
      const length = front.readUInt32BE(1);
      if (length > mostBytes) throw new BackupDamaged("a part of it is too long");
      const payload = await bytes.take(length);
      // What lies behind is read before the tail is believed.
      if (kind === frameKinds.tail) await bytes.finish();
      yield { kind, payload };
      if (kind === frameKinds.tail) return;
    }
  } finally {
    await bytes.close();
  }
}
