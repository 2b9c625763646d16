let ending: Promise<void> | undefined;

/**
 * Resolves when the event loop has taken what came in this turn, for all who wait for it at once. What
 * each then does comes right behind the same for another, which takes the processor less time than in the
 * middle of other work (docs/adr/0054-entries-of-one-turn-are-made-together.md).
 */
export function turnsEnd(): Promise<void> {
  ending ??= new Promise((resolve) => {
    setImmediate(() => {
      ending = undefined;
      resolve();
    });
  });
  return ending;
}
