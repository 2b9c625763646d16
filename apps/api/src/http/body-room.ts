import type { ServerResponse } from "node:http";
import { AppError } from "../errors.ts";

/** So much of each body has a room of its own: calls of the usual size go on while large ones fill theirs. */
const firstBytes = 65_536;
/** What all bodies of this process may take at a time, in each of the two rooms. */
export const roomBytes = 67_108_864;
/** The same of those who are not signed in, who send little: whatever they do keeps nobody else out. */
export const strangersRoomBytes = roomBytes / 4;

/** Who sends a body: a user, or the address of who is none. */
export type Sender = { id: string; isUser: boolean };

class Room {
  readonly #size: number;
  #taken = 0;
  readonly #shares = new Map<string, number>();

  constructor(size: number) {
    this.#size = size;
  }

  /**
   * `had` is what the same body has taken before. A sender has a quarter of the room, but for one body
   * alone: a file may be as large as it is allowed. @throws AppError `overloaded`
   */
  take(sender: string, bytes: number, had: number): void {
    const share = this.#shares.get(sender) ?? 0;
    const isOver = share > had && share + bytes > this.#size / 4;
    if (isOver || this.#taken + bytes > this.#size) {
      throw new AppError("overloaded", "Too much is being sent at a time. Try again soon.", {
        retryAfterSeconds: 1,
      });
    }
    this.#taken += bytes;
    this.#shares.set(sender, share + bytes);
  }

  free(sender: string, bytes: number): void {
    this.#taken -= bytes;
    const left = (this.#shares.get(sender) ?? 0) - bytes;
    if (left > 0) this.#shares.set(sender, left);
    else this.#shares.delete(sender);
  }
}

const first = new Room(roomBytes);
const rest = new Room(roomBytes);
const strangers = new Room(strangersRoomBytes);

/** Where a body takes room, and how much at most. */
const placesOf = ({ isUser }: Sender) =>
  isUser
    ? [
        { room: first, most: firstBytes, taken: 0 },
        { room: rest, most: Number.POSITIVE_INFINITY, taken: 0 },
      ]
    : [{ room: strangers, most: Number.POSITIVE_INFINITY, taken: 0 }];

/**
 * Takes room for so many bytes more of a body.
 * @throws AppError `overloaded` when bodies under way, or those of its sender, take it all; this one then
 *   takes none any more
 */
export type TakeRoom = (bytes: number) => void;

const held = new WeakMap<ServerResponse, { take: TakeRoom; free: () => void }>();

/**
 * Room for what a call's body takes in memory, until the call is answered or its caller has gone: a
 * limit for each body bounds nothing as long as callers may send many at a time, slowly.
 */
export function roomFor(response: ServerResponse, sender: Sender): TakeRoom {
  const known = held.get(response);
  if (known) return known.take;
  const places = placesOf(sender);
  const free = () => {
    for (const place of places) {
      place.room.free(sender.id, place.taken);
      place.taken = 0;
    }
  };
  const take = (bytes: number) => {
    if (response.closed) return;
    let left = bytes;
    try {
      for (const place of places) {
        const some = Math.min(left, place.most - place.taken);
        if (some === 0) continue;
        place.room.take(sender.id, some, place.taken);
        place.taken += some;
        left -= some;
      }
    } catch (error) {
      free();
      throw error;
    }
  };
  held.set(response, { take, free });
  response.once("close", free);
  return take;
}

/** Gives back what the body of a call took. To be called when it is answered: the answer may leave late. */
export const giveRoomBack = (response: ServerResponse): void => held.get(response)?.free();
