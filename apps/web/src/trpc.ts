import type { AppRouter } from "@muniment/api/router.ts";
import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink } from "@trpc/client";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { checkOutput, plainPageInput, stepUp } from "./links.ts";
import { queryClient } from "./query-client.ts";
import { requestReauthentication } from "./reauthentication.ts";

const url = "/trpc";
/** The API refuses larger batches. */
const maxItems = 10;

export const trpcClient = createTRPCClient<AppRouter>({
  links: [
    stepUp(requestReauthentication),
    plainPageInput,
    checkOutput,
    splitLink({
      condition: (op) => op.type === "subscription",
      true: httpSubscriptionLink({ url }),
      false: httpBatchLink({ url, maxItems }),
    }),
  ],
});

/** Options for queries, mutations and subscriptions of every procedure. */
export const trpc = createTRPCOptionsProxy<AppRouter>({ client: trpcClient, queryClient });
