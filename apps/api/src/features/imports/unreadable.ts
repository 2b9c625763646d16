import type { ImportReject } from "@muniment/shared/imports.ts";

/** A line, or the first row of a file, that no event can be read from. */
export class Unreadable extends Error {
  readonly reason: ImportReject["reason"];
  constructor(reason: ImportReject["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}
