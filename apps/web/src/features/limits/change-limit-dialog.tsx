import { zodResolver } from "@hookform/resolvers/zod";
import { limitRule } from "@muniment/shared/limits.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Form } from "../../ui/form.tsx";
import { toast } from "../../ui/toast.ts";
import type { LimitItem } from "./limit-item.ts";
import { limitMeanings, parseLimitTarget } from "./limit-target.ts";
import { RuleFields } from "./rule-fields.tsx";

/** Open while there is a limit. */
export function ChangeLimitDialog(props: { limit: LimitItem | null; onClose: () => void }) {
  const target = props.limit && parseLimitTarget(props.limit.name);
  return (
    <Dialog
      open={props.limit !== null}
      onOpenChange={(open) => !open && props.onClose()}
      title={target ? limitMeanings[target.class] : "Limit"}
      description={`Counts: ${props.limit?.countedPer ?? ""}. Too low a value can lock people out, you included.`}
    >
      {props.limit && <ChangeLimitForm limit={props.limit} onDone={props.onClose} />}
    </Dialog>
  );
}

function ChangeLimitForm({ limit, onDone }: { limit: LimitItem; onDone: () => void }) {
  const target = parseLimitTarget(limit.name);
  const form = useForm({ resolver: zodResolver(limitRule), defaultValues: limit.rule });
  const set = useMutation(
    trpc.limits.set.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(trpc.limits.pathFilter());
        onDone();
        toast.success("The limit was changed.");
      },
    }),
  );
  return (
    <Form
      onSubmit={form.handleSubmit((rule) => target && set.mutate({ ...target, ...rule }))}
      submitError={messageOf(set.error)}
      pending={set.isPending}
      submitLabel="Change limit"
      onCancel={onDone}
    >
      <RuleFields
        points={form.register("points", { valueAsNumber: true })}
        durationSeconds={form.register("durationSeconds", { valueAsNumber: true })}
        errors={form.formState.errors}
      />
    </Form>
  );
}
