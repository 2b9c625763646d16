import { alertWords } from "@muniment/shared/alert-words.ts";
import type { Alert } from "@muniment/shared/alerts.ts";
import { useMutation } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { useDenial } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { toast } from "../../ui/toast.ts";

export function ResolveButton({ alert }: { alert: Alert }) {
  const refresh = () => queryClient.invalidateQueries(trpc.alerts.pathFilter());
  const resolve = useMutation(
    trpc.alerts.resolve.mutationOptions({
      onSuccess: async () => {
        await refresh();
        toast.success("The alert was resolved.");
      },
      onError: (error) => {
        const overrides = {
          not_found: "Somebody has resolved it before.",
          out_of_date: "More was seen since it was shown here. Look at it again.",
        };
        toast.error(messageOf(error, overrides) ?? "");
        void refresh();
      },
    }),
  );
  return (
    <Button
      size="sm"
      aria-label={`Resolve: ${alertWords[alert.kind].title}`}
      disabledReason={useDenial("alerts:write")}
      pending={resolve.isPending}
      onClick={() => resolve.mutate({ id: alert.id, lastSeenAt: alert.lastSeenAt })}
    >
      Resolve
    </Button>
  );
}
