type Listener = (problem: string) => void;

/** What was told before anybody listened is kept, the first of it. */
const mostUntold = 10;

/** Those who are told of a queue's trouble; the failure of one is no reason to lose events. */
export function createListeners() {
  const listeners: Listener[] = [];
  const untold: string[] = [];

  function tell(problem: string): void {
    if (listeners.length === 0 && untold.length < mostUntold) untold.push(problem);
    for (const listener of listeners) {
      try {
        listener(problem);
      } catch {
        // Nobody is left to be told.
      }
    }
  }

  function listen(listener: Listener): void {
    listeners.push(listener);
    for (const problem of untold.splice(0)) tell(problem);
  }

  return { tell, listen };
}
