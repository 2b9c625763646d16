import type { ServerResponse } from "node:http";
import { AppError } from "../errors.ts";

/** So much of each body has a room of its own: calls of the usual size go on while large ones fill theirs. */
const firstBytes = 65_536;
/** What all bodies of this process may take at a time, in each of the two rooms. */
export const roomBytes = 67_108_864;
/** What a piece takes beside its bytes, about: a body may come byte by byte. */
const pieceBytes = 256;

class Room {
  #taken = 0;

  take(bytes: number): void {
    if (this.#taken + bytes > roomBytes) {
      throw new AppError("overloaded", "Too much is being sent at a time. Try again soon.", {
        retryAfterSeconds: 1,
      });
    }
    this.#taken += bytes;
  }

  free(bytes: number): void {
    this.#taken -= bytes;
  }
}

const first = new Room();
const rest = new Room();

/**
 * Takes room for a piece of a body.
 * @throws AppError `overloaded` when bodies under way take it all; this one then takes none any more
 */
export type TakeRoom = (piece: Buffer) => void;

/**
 * Room for what a call's body takes in memory, until the call is answered or its caller has gone: a
 * limit for each body bounds nothing as long as callers may send many at a time, slowly.
 */
export function roomFor(response: ServerResponse): TakeRoom {
  let [inFirst, inRest] = [0, 0];
  const free = () => {
    first.free(inFirst);
    rest.free(inRest);
    [inFirst, inRest] = [0, 0];
  };
  response.once("close", free);
  return ({ length }) => {
    if (response.closed) return;
    const bytes = length + pieceBytes;
    const more = Math.min(bytes, firstBytes - inFirst);
    try {
      first.take(more);
      inFirst += more;
      rest.take(bytes - more);
      inRest += bytes - more;
    } catch (error) {
      free();
      throw error;
    }
  };
}
