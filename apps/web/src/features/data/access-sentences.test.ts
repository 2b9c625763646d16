import { procedures } from "@muniment/api/http/procedures.ts";
import { expect, test } from "vitest";
import { sentenceOf } from "./access-sentences.ts";

/** All that note whose data they showed. */
const noting = [...procedures.values()]
  .filter(({ meta }) => meta.readsOthers)
  .map(({ path }) => path);
const looked = (procedure: string, everyone: boolean) =>
  sentenceOf({ action: "data.read", procedure, everyone });

test.each(noting)(
  "%s is told in words, and as no more than possible where it showed many",
  (procedure) => {
    expect(looked(procedure, false)).toMatch(/\byour?\b/);
    expect(looked(procedure, false)).not.toMatch(/perhaps|may/);
    expect(looked(procedure, true)).toMatch(/perhaps .*\byou|you may be/);
    for (const everyone of [false, true])
      expect(looked(procedure, everyone)).not.toContain(procedure);
  },
);

test("there are some", () => expect(noting).toContain("users.get"));
