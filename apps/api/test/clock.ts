/** A clock that runs with the real one, so that short times pass, and can be put forward. */
export function createClock() {
  let aheadMilliseconds = 0;
  return {
    now: () => new Date(Date.now() + aheadMilliseconds),
    /** Puts it to the start of a minute, for what is counted by the minute. */
    advanceToMinute() {
      aheadMilliseconds += 60_000 - ((Date.now() + aheadMilliseconds) % 60_000);
    },
    advance(seconds: number) {
      aheadMilliseconds += seconds * 1000;
    },
  };
}
