import type { ErrorReason } from "@muniment/shared/error-reasons.ts";

/** Why a file is not taken; `message` is a sentence for its sender. */
export class FileRefusal extends Error {
  readonly reason: ErrorReason;

  constructor(message: string, reason: ErrorReason = "file_refused") {
    super(message);
    this.reason = reason;
  }
}

export function refuse(message: string, reason?: ErrorReason): never {
  throw new FileRefusal(message, reason);
}

export const damaged = (): never => refuse("The file is damaged, or does not end where it should.");
