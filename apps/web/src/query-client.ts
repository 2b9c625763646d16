import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { reasonOf } from "./errors.ts";

const worthRepeating = ["overloaded", "database_unavailable", "timed_out"];
let onSessionLost = () => {};

/** Sets what happens when the server says that nobody is signed in any more. */
export function whenSessionLost(listener: () => void): void {
  onSessionLost = listener;
}

function noticeLostSession(error: unknown) {
  if (reasonOf(error) === "not_signed_in") onSessionLost();
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeLostSession }),
  mutationCache: new MutationCache({ onError: noticeLostSession }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => {
        const reason = reasonOf(error);
        return failures < 2 && (reason === null || worthRepeating.includes(reason));
      },
    },
  },
});
