import { useSyncExternalStore } from "react";

let settle: ((confirmed: boolean) => void) | null = null;
let question: Promise<boolean> | null = null;
const listeners = new Set<() => void>();

function notify() {
  for (const listener of listeners) listener();
}

/** Asks the person for their password; several calls at once share one question. */
export function requestReauthentication(): Promise<boolean> {
  if (question) return question;
  const asked = new Promise<boolean>((resolve) => {
    settle = resolve;
  });
  question = asked;
  notify();
  return asked;
}

/** Answers whoever is waiting. */
export function settleReauthentication(confirmed: boolean): void {
  settle?.(confirmed);
  settle = null;
  question = null;
  notify();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Whether someone is waiting for the password. */
export function useReauthenticationRequested(): boolean {
  return useSyncExternalStore(subscribe, () => question !== null);
}
