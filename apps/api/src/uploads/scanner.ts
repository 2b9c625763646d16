import type { Socket } from "node:net";
import type { Config } from "../config.ts";
import { openServiceSocket } from "../egress/service-socket.ts";
import { AppError } from "../errors.ts";

/** So that a caller hears within a second that no scanner is there. */
const connectMilliseconds = 700;
const answerMilliseconds = 30_000;
const pieceBytes = 65_536;
const longestAnswer = 4096;

/** Looks at files; absent where none is configured. */
export type Scanner = {
  /** @throws AppError `malware_found`; `scanner_unavailable` when there is no clear answer */
  scan(bytes: Uint8Array): Promise<void>;
};

const unavailable = (cause?: unknown) =>
  new AppError("scanner_unavailable", "The file cannot be checked for viruses now.", {
    cause,
    retryAfterSeconds: 60,
  });

/** The INSTREAM command (clamd(8)): pieces with their lengths before them, and one of no length. */
function* command(bytes: Uint8Array): Generator<Uint8Array> {
  yield Buffer.from("zINSTREAM\0");
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(piece.length);
    yield length;
    yield piece;
  }
  yield Buffer.alloc(4);
}

/** What the scanner answers until it closes the connection. */
function converse(socket: Socket, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    socket.setTimeout(answerMilliseconds, () => socket.destroy(new Error("no answer")));
    socket.on("data", (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > longestAnswer) socket.destroy(new Error("a long answer"));
    });
    socket.once("error", reject);
    socket.once("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
    for (const piece of command(bytes)) socket.write(piece);
  });
}

export function createScanner({ clamav }: Pick<Config, "clamav">): Scanner | null {
  if (!clamav) return null;
  return {
    async scan(bytes) {
      let answer: string;
      try {
        const socket = await openServiceSocket(clamav.host, clamav.port, connectMilliseconds);
        answer = await converse(socket, bytes).finally(() => socket.destroy());
      } catch (cause) {
        throw unavailable(cause);
      }
      if (answer === "stream: OK\0") return;
      const [, signature] = /^stream: (.+) FOUND\0$/.exec(answer) ?? [];
      if (signature === undefined) throw unavailable(new Error(`clamd: ${answer.slice(0, 100)}`));
      throw new AppError("malware_found", "The virus scanner found something in the file.");
    },
  };
}
