import { batchMax, ingestInput, type Receipt } from "@muniment/shared/events.ts";
import type { AnyTRPCProcedure } from "@trpc/server";
import { TRPCError } from "@trpc/server";
import { textOf } from "../../http/exact-text.ts";
import { apiKeyOf } from "../../trpc/authenticated.ts";
import { countEvents } from "../../trpc/events-limited.ts";
import type { PolicyMeta } from "../../trpc/init.ts";
import { countCall } from "../../trpc/limited.ts";
import { requirePermitted } from "../../trpc/permission.ts";
import { recordFailure } from "../../trpc/recorded.ts";
import type { ChainCall } from "../../trpc/run-chain.ts";
import { requireSafeCaller } from "../../trpc/safe-caller.ts";
import { takeEvents } from "./take-events.ts";

type Input = { events: unknown[] };

/** What `ingestInput` says, of what it would accept: it takes longer than all the other steps. */
function isInput(raw: unknown): raw is Input {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return false;
  if (Object.keys(raw).length !== 1 || !Object.hasOwn(raw, "events")) return false;
  const { events } = raw as { events: unknown };
  return Array.isArray(events) && events.length > 0 && events.length <= batchMax;
}

function readInput(raw: unknown): Input {
  if (isInput(raw)) return raw;
  const { error } = ingestInput.safeParse(raw);
  throw new TRPCError({ code: "BAD_REQUEST", cause: error });
}

/** What `policy` may say; of another step this way would know nothing. */
const known = { auth: "", limit: "", permission: "", bodyBytes: 0, eventsLimit: "", exactJson: "" };

/**
 * The chain of `events.ingest` as one function: the same steps in the same order, by the same policy,
 * at a fraction of its cost (`ingest-directly.test.ts` compares them).
 * @throws Error when the policy says what it does not know
 */
export function ingestDirectly(
  policy: PolicyMeta,
  type: AnyTRPCProcedure["_def"]["type"],
): (call: ChainCall) => Promise<Receipt> {
  const { auth, limit, permission, eventsLimit, exactJson } = policy;
  const isKnown = auth === "apiKey" && limit && permission && eventsLimit && exactJson;
  const unknown = Object.keys(policy).filter((name) => !Object.hasOwn(known, name));
  if (!isKnown || unknown.length > 0) throw new Error(`events.ingest: its policy is another`);
  return async ({ ctx, getRawInput, path }) => {
    const called = { path, meta: policy, type };
    try {
      const caller = await countCall(ctx, limit, called);
      requireSafeCaller(ctx, called);
      const sender = apiKeyOf(caller);
      requirePermitted(ctx, sender, permission);
      const input = readInput(await getRawInput());
      const exact = textOf(input);
      await countEvents(ctx, sender, input.events.length, path);
      if (!exact) throw new Error("events can be judged only with their text");
      return await takeEvents(ctx.deps, sender, input.events, exact);
    } catch (thrown) {
      throw recordFailure(ctx, called, thrown);
    }
  };
}
