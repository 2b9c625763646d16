const minuteMilliseconds = 60_000;

export type FoldedLines<Key extends object> = {
  /** Writes a line at once, or where its key had enough of them this minute counts it. */
  note(key: Key, fields: object): void;
  /** Tells what was counted, and begins anew. */
  close(): void;
};

/**
 * Lines of the log that anybody can cause: of each key, which is made of names of ours, so many are written
 * in a minute; how many more there were is told in one at its end. So nobody can fill a disk with them.
 */
export function createFoldedLines<Key extends object>(
  write: (fields: object) => void,
  perMinute: number,
): FoldedLines<Key> {
  let counts = new Map<string, { key: Key; count: number }>();
  let minute: NodeJS.Timeout | undefined;

  function close(): void {
    clearTimeout(minute);
    minute = undefined;
    const ended = counts;
    counts = new Map();
    for (const { key, count } of ended.values()) {
      if (count > perMinute) write({ ...key, more: count - perMinute });
    }
  }

  return {
    note(key, fields) {
      const place = JSON.stringify(key);
      const known = counts.get(place) ?? { key, count: 0 };
      counts.set(place, known);
      known.count += 1;
      if (known.count <= perMinute) write({ ...key, ...fields });
      minute ??= setTimeout(close, minuteMilliseconds).unref();
    },
    close,
  };
}
