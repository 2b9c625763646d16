import { useMutation } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { useDenial } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { toast } from "../../ui/toast.ts";
import type { LimitItem } from "./limit-item.ts";
import { parseLimitTarget } from "./limit-target.ts";

export function LimitActions({ limit, onChange }: { limit: LimitItem; onChange: () => void }) {
  const denial = useDenial("limits:write");
  const target = parseLimitTarget(limit.name);
  const reset = useMutation(
    trpc.limits.reset.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(trpc.limits.pathFilter());
        toast.success("The limit is back at its default.");
      },
      onError: (error) => toast.error(messageOf(error) ?? ""),
    }),
  );
  const unknown = target ? undefined : "This page is older than the server. Reload it.";
  return (
    <span className="flex justify-end gap-1.5 max-sm:flex-col">
      <Button
        size="sm"
        aria-label={`Change ${limit.name}`}
        disabledReason={denial ?? unknown}
        onClick={onChange}
      >
        Change
      </Button>
      <Button
        size="sm"
        variant="ghost"
        aria-label={`Reset ${limit.name}`}
        disabledReason={denial ?? unknown ?? (limit.changed ? undefined : "It is at its default.")}
        pending={reset.isPending}
        onClick={() => target && reset.mutate(target)}
      >
        Reset
      </Button>
    </span>
  );
}
