import type { Delivery, DeliveryAttempt } from "@muniment/shared/webhooks.ts";
import { useMutation } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { useDenial } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Description, DescriptionList } from "../../ui/description-list.tsx";
import { toast } from "../../ui/toast.ts";

/** JSON as it is easier to read; what was sent is on one line. */
function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

export function DeliveryDetails({ delivery }: { delivery: Delivery }) {
  const denial = useDenial("webhooks:write");
  const replay = useMutation(
    trpc.webhooks.replay.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries(trpc.webhooks.pathFilter()),
      onError: (error) => toast.error(messageOf(error) ?? ""),
    }),
  );
  const waiting = delivery.status === "pending" ? "It is waiting to be sent." : undefined;
  return (
    <div className="grid gap-5 *:min-w-0">
      <DescriptionList>
        <Description term="Id">
          <code className="font-mono text-xs">{delivery.id}</code>
        </Description>
        <Description term="Status">{delivery.status}</Description>
        {delivery.nextAttemptAt && (
          <Description term="Next attempt">
            <DateTime value={delivery.nextAttemptAt} format="absolute" />
          </Description>
        )}
      </DescriptionList>
      <div>
        <Button
          disabledReason={denial ?? waiting}
          pending={replay.isPending}
          onClick={() => replay.mutate({ id: delivery.id })}
        >
          Send again
        </Button>
      </div>
      <section className="grid gap-2 *:min-w-0">
        <h3 className="text-sm font-semibold">Body</h3>
        <CodeBlock code={readable(delivery.body)} label="Copy the body" />
      </section>
      <section className="grid gap-3 *:min-w-0">
        <h3 className="text-sm font-semibold">Attempts</h3>
        {delivery.attempts.length === 0 && <p className="text-sm text-muted">None yet.</p>}
        {delivery.attempts.toReversed().map((attempt) => (
          <Attempt key={attempt.at} attempt={attempt} />
        ))}
      </section>
    </div>
  );
}

function Attempt({ attempt }: { attempt: DeliveryAttempt }) {
  return (
    <div className="grid gap-1 text-sm *:min-w-0">
      <p className="flex flex-wrap gap-x-3 text-muted">
        <DateTime value={attempt.at} format="absolute" />
        <span>{attempt.durationMs} ms</span>
        {attempt.status !== null && <span>HTTP {attempt.status}</span>}
      </p>
      {attempt.error && <p className="text-danger">{attempt.error}</p>}
      {attempt.answer && <CodeBlock code={attempt.answer} label="Copy the answer" />}
    </div>
  );
}
