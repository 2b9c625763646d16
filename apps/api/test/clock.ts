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
    /** Puts it to the start of a minute, for what is counted by the minute; or of as many. */
    advanceToMinute(minutes = 1) {
      const piece = minutes * 60_000;
      aheadMilliseconds += piece - ((Date.now() + aheadMilliseconds) % piece);
    },
    advance(seconds: number) {
      aheadMilliseconds += seconds * 1000;
    },
  };
}
