import type { EventRejection } from "@muniment/shared/events.ts";

/** Why one event is refused; its batch goes on without it. `message` is shown to the sender. */
export class Rejected extends Error {
  readonly reason: EventRejection;

  constructor(reason: EventRejection, message: string) {
    super(message);
    this.reason = reason;
  }
}
