export type Rejection = { line: number; reason: string; message: string };

const keptRejections = 100;

/** What has become of the lines so far. */
export type Tally = {
  lines: number;
  /** Blank lines of JSON lines: nothing to send. */
  blank: number;
  /** Lines that could not become an event. */
  unparsed: number;
  /** Events made of lines. */
  events: number;
  /** Events of lines that do not have the form of the format. */
  unrecognised: number;
  /** Events that the server has answered for. */
  sent: number;
  accepted: number;
  duplicates: number;
  rejected: number;
  /** Calls whose answer does not account for every event of its batch. */
  unbalanced: number;
  batches: number;
  retries: number;
  /** Earliest and latest time of an event, in milliseconds. */
  from: number | undefined;
  to: number | undefined;
  /** The first line dated over a week before the one above it. */
  backwards: number | undefined;
  /** The first hundred lines that were rejected or could not be read. */
  rejections: Rejection[];
};

export function createTally(): Tally {
  return {
    lines: 0,
    blank: 0,
    unparsed: 0,
    events: 0,
    unrecognised: 0,
    sent: 0,
    accepted: 0,
    duplicates: 0,
    rejected: 0,
    unbalanced: 0,
    batches: 0,
    retries: 0,
    from: undefined,
    to: undefined,
    backwards: undefined,
    rejections: [],
  };
}

export function addRejection(tally: Tally, rejection: Rejection): void {
  if (tally.rejections.length < keptRejections) tally.rejections.push(rejection);
}

/** Whether every event that was sent is accounted for exactly once. */
export function addsUp(tally: Tally): boolean {
  const answered = tally.accepted + tally.duplicates + tally.rejected;
  return tally.unbalanced === 0 && tally.sent === answered;
}
