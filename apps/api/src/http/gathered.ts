import type { TakeRoom } from "./body-room.ts";

/**
 * The pieces of a body, put together as they come and in room that is taken for them: it may come byte
 * by byte, and a list of its pieces would take a hundred times as much.
 */
export class Gathered {
  readonly #limit: number;
  readonly #takeRoom: TakeRoom;
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  /** It never takes more than `limit` bytes. */
  constructor(limit: number, takeRoom: TakeRoom) {
    this.#limit = limit;
    this.#takeRoom = takeRoom;
  }

  /** Whether there is room for the piece within the limit. @throws AppError `overloaded` */
  add(piece: Buffer): boolean {
    const length = this.#length + piece.length;
    if (length > this.#limit) return false;
    if (this.#length === 0) {
      this.#takeRoom(piece.length);
      this.#bytes = piece;
    } else {
      if (length > this.#bytes.length) this.#grow(length);
      piece.copy(this.#bytes, this.#length);
    }
    this.#length = length;
    return true;
  }

  /** All of it. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(length: number): void {
    const size = Math.min(this.#limit, Math.max(length, 2 * this.#bytes.length));
    this.#takeRoom(size - this.#bytes.length);
    const grown = Buffer.allocUnsafeSlow(size);
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
