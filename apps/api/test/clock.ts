/** A clock that runs with the real one, so that short times pass, and can be put forward. */
export function createClock() {
  let aheadMilliseconds = 0;
  return {
    now: () => new Date(Date.now() + aheadMilliseconds),
    advance(seconds: number) {
      aheadMilliseconds += seconds * 1000;
    },
  };
}
