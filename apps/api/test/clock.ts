/** A clock that runs with the real one, so that short times pass, and can be put forward and stopped. */
export function createClock() {
  let aheadMilliseconds = 0;
  let stoppedAt: number | undefined;
  return {
    now: () => new Date(stoppedAt ?? Date.now() + aheadMilliseconds),
    stop(at: Date) {
      stoppedAt = at.getTime();
    },
    /** Lets it run on with the real one. */
    start() {
      stoppedAt = undefined;
    },
    /** Puts it to the start of a minute, for what is counted by the minute. */
    advanceToMinute() {
      aheadMilliseconds += 60_000 - ((Date.now() + aheadMilliseconds) % 60_000);
    },
    advance(seconds: number) {
      aheadMilliseconds += seconds * 1000;
    },
  };
}
