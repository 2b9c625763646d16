import type { Socket } from "node:net";
import type { WholeCall } from "./whole-call.ts";

/** What a connection asks of the server it belongs to. */
export type Surroundings = {
  /** A call that is to be answered with `write`; null for what is none. */
  read(bytes: Buffer): WholeCall | null;
  begin(connection: DirectConnection, call: WholeCall): void;
  /** Takes a socket over, as if it had just been opened. */
  giveAway(socket: Socket): void;
  /** All that were not given away. */
  open: Set<DirectConnection>;
  /** How long nothing may come before the first call. */
  firstMilliseconds: number;
  /** The same after an answer, of which nothing may stay unread for longer either. */
  idleMilliseconds: number;
};

/** A connection whose calls are answered one after another, each when it has arrived at once as a whole. */
export class DirectConnection {
  readonly socket: Socket;
  readonly #around: Surroundings;
  /** `judged` until the answer is there, `answered` until there is room for another. */
  #call: "none" | "judged" | "answered" = "none";

  constructor(socket: Socket, around: Surroundings) {
    this.socket = socket;
    this.#around = around;
    around.open.add(this);
    socket.setTimeout(around.firstMilliseconds);
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("timeout", this.#onTimeout);
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
  }

  /** Sends the whole answer of the call that was begun, and ends the connection with the last. */
  write(text: string, isLast: boolean): void {
    const { socket } = this;
    if (socket.destroyed) return;
    this.#call = "answered";
    const hasRoom = socket.write(text);
    if (isLast) socket.destroySoon();
    else if (hasRoom) this.#goOn();
    else socket.once("drain", this.#goOn);
  }

  /** Ends it, behind what is written, unless a call is under way. */
  endIdle(): void {
    if (this.#call !== "judged") this.socket.destroySoon();
  }

  #onData = (bytes: Buffer) => {
    const { socket } = this;
    if (this.#call !== "none") {
      // Back to where they came from, so that no end behind them is told before them.
      socket.pause();
      socket.unshift(bytes);
      return;
    }
    const call = this.#around.read(bytes);
    if (!call) return this.#giveAway(bytes);
    this.#call = "judged";
    const { idleMilliseconds } = this.#around;
    if (socket.timeout !== idleMilliseconds) socket.setTimeout(idleMilliseconds);
    this.#around.begin(this, call);
  };
  // Who has said all may still wait for an answer.
  #onEnd = () => {
    if (this.#call === "none") this.socket.end();
  };
  #onTimeout = () => {
    if (this.#call !== "judged") this.socket.destroy();
  };
  #onError = () => {
    this.socket.destroy();
  };
  #onClose = () => {
    this.#around.open.delete(this);
  };

  #goOn = () => {
    const { socket } = this;
    this.#call = "none";
    if (socket.readableEnded) socket.end();
    else if (socket.isPaused()) socket.resume();
  };

  #giveAway(bytes: Buffer): void {
    const { socket } = this;
    this.#around.open.delete(this);
    socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.off("timeout", this.#onTimeout);
    socket.off("error", this.#onError);
    socket.off("close", this.#onClose);
    socket.setTimeout(0);
    socket.pause();
    this.#around.giveAway(socket);
    // Before anything else is read of the socket: the server reads that past the stream.
    socket.unshift(bytes);
    process.nextTick(() => socket.resume());
  }
}
