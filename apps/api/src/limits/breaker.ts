/** For how long nobody asks again what did not answer. */
const pauseMilliseconds = 5000;

/** Answers by `shared`, or by `own` where that fails or failed lately. */
export type Breaker = <Answer>(
  shared: () => Promise<Answer>,
  own: () => Answer,
) => Answer | Promise<Answer>;

/**
 * A store that hangs makes whoever asks it wait. So after the first failure nobody asks for five seconds,
 * then one caller does while the others still go without; what it meets decides for all. `note` is told of
 * every change.
 */
export function createBreaker(
  note: (reached: boolean, error?: unknown) => void,
  now: () => number = () => performance.now(),
): Breaker {
  let askAgainAt: number | null = null;
  return (shared, own) => {
    const isProbe = askAgainAt !== null;
    if (askAgainAt !== null) {
      if (now() < askAgainAt) return own();
      askAgainAt = now() + pauseMilliseconds;
    }
    return shared().then(
      (answer) => {
        // One that was sent before the first failure says nothing of now.
        if (isProbe && askAgainAt !== null) {
          askAgainAt = null;
          note(true);
        }
        return answer;
      },
      (error: unknown) => {
        if (askAgainAt === null) {
          askAgainAt = now() + pauseMilliseconds;
          note(false, error);
        }
        return own();
      },
    );
  };
}
