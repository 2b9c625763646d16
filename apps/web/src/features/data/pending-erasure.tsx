import { useMutation, useSuspenseQuery } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { useDenial } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.ts";
import { erasureQuery } from "./data-queries.ts";

/** Says when the account will be erased, and takes that back; nothing where it will not be. */
export function PendingErasure() {
  const { eraseAt, id } = useSuspenseQuery(erasureQuery()).data;
  const denial = useDenial("data:write");
  const cancel = useMutation(
    trpc.data.cancelErasure.mutationOptions({
      onSuccess: (state) => {
        queryClient.setQueryData(erasureQuery().queryKey, state);
        toast.success("Your account stays.");
      },
      onError: (error) => toast.error(messageOf(error) ?? ""),
    }),
  );
  if (eraseAt === null) return null;
  return (
    <Notice tone="warn">
      <div className="grid justify-items-start gap-2">
        <p>
          {Date.parse(eraseAt) > Date.now() ? (
            <>
              Your account and all its data will be erased <DateTime value={eraseAt} />, at{" "}
              <DateTime value={eraseAt} format="absolute" />. Until then everything works as before.
            </>
          ) : (
            <>
              Your account was to be erased at <DateTime value={eraseAt} format="absolute" />, and
              will be within a minute. Only the last administrator stays, until there is another.
            </>
          )}{" "}
          The certificate will stand at{" "}
          <span className="font-mono text-xs break-all">{`${location.origin}/erasure/${id}`}</span>:
          keep this address.
        </p>
        <Button pending={cancel.isPending} disabledReason={denial} onClick={() => cancel.mutate()}>
          Keep my account
        </Button>
      </div>
    </Notice>
  );
}
