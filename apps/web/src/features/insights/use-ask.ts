import type { AskedSearch, AskMessage } from "@muniment/shared/insights.ts";
import { useEffect, useRef, useState } from "react";
import { messageOf } from "../../errors.ts";
import { type Asked, askStream } from "./ask-stream.ts";

/** What is known of an answer so far. */
export type Answer = {
  state: "asking" | "done" | "failed" | "stopped";
  question: string;
  search: AskedSearch | null;
  found: { total: number; shown: number } | null;
  text: string;
  cut: boolean;
  problem: string | null;
};

function withMessage(answer: Answer, message: AskMessage): Answer {
  if (message.kind === "search") return { ...answer, search: message.search };
  if (message.kind === "found") {
    return { ...answer, found: { total: message.total, shown: message.shown } };
  }
  if (message.kind === "answer") return { ...answer, text: answer.text + message.text };
  return { ...answer, state: "done", cut: message.cut };
}

/** Asks questions, one at a time; leaving the page ends the one that is under way. */
export function useAsk() {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const running = useRef<AbortController>(null);
  useEffect(() => () => running.current?.abort(), []);

  const update = (change: (answer: Answer) => Answer) =>
    setAnswer((known) => known && change(known));

  async function ask(asked: Asked) {
    running.current?.abort();
    const own = new AbortController();
    running.current = own;
    setAnswer({
      ...{ state: "asking", question: asked.question, search: asked.search ?? null },
      ...{ found: null, text: "", cut: false, problem: null },
    });
    try {
      for await (const message of askStream(asked, own.signal)) {
        if (own.signal.aborted) return;
        update((known) => withMessage(known, message));
      }
      if (own.signal.aborted) return;
      update((known) =>
        known.state === "done"
          ? known
          : { ...known, state: "failed", problem: "The answer broke off." },
      );
    } catch (error) {
      if (own.signal.aborted) return;
      update((known) => ({ ...known, state: "failed", problem: messageOf(error) }));
    }
  }

  function stop() {
    running.current?.abort();
    update((known) => ({ ...known, state: "stopped" }));
  }

  return { answer, ask, stop };
}
