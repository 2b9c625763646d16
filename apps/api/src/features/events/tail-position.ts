import { type CommitBounds, isPlaceHere } from "../../commit-order.ts";
import { AppError } from "../../errors.ts";

/** A place in the order of commits: a receipt, and how many of its events have been seen. */
export type TailPosition = { xid: bigint; receipt: bigint; ordinal: number };

const pattern = /^(\d{1,20})\.(\d{1,20})\.(\d{1,19})\.(\d{1,6})$/;
const maxReceipt = 2n ** 63n - 1n;

export const formatPosition = (cluster: string, { xid, receipt, ordinal }: TailPosition) =>
  `${cluster}.${xid}.${receipt}.${ordinal}`;

/**
 * Reads the id of the last message that a client saw.
 * @throws AppError `invalid_cursor` for what this cluster cannot have sent: its numbers would skip events
 */
export function parsePosition(text: string, bounds: CommitBounds): TailPosition {
  const [, cluster = "", xid = "", receipt = "", ordinal = ""] = pattern.exec(text) ?? [];
  const position = { xid: BigInt(xid), receipt: BigInt(receipt), ordinal: Number(ordinal) };
  if (isPlaceHere({ cluster, xid: position.xid }, bounds) && position.receipt <= maxReceipt) {
    return position;
  }
  throw new AppError("invalid_cursor", "This position is none of this server's.");
}
