/** Attempts that were counted ahead and may still be given back, by what they count against. */
export type UnderWay = {
  /** Notes an attempt against `keys`; the returned function says how it ended. */
  begin(keys: readonly string[]): (givenBack: boolean) => void;
  /**
   * Those now under way against one of `keys`; the returned function says whether one of them is given
   * back, as soon as that is known.
   */
  now(keys: readonly string[]): () => Promise<boolean>;
};

export function createUnderWay(): UnderWay {
  const running = new Map<string, Set<Promise<boolean>>>();
  return {
    begin(keys) {
      let settle: (givenBack: boolean) => void = () => {};
      const ended = new Promise<boolean>((resolve) => {
        settle = resolve;
      });
      for (const key of keys) running.set(key, (running.get(key) ?? new Set()).add(ended));
      return (givenBack) => {
        for (const key of keys) {
          const others = running.get(key);
          others?.delete(ended);
          if (others?.size === 0) running.delete(key);
        }
        settle(givenBack);
      };
    },
    now(keys) {
      const ends = keys.flatMap((key) => [...(running.get(key) ?? [])]);
      return () =>
        new Promise((resolve) => {
          for (const end of ends) void end.then((givenBack) => givenBack && resolve(true));
          void Promise.all(ends).then(() => resolve(false));
        });
    },
  };
}
