import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { Card } from "../../ui/card.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { Input } from "../../ui/input.tsx";
import { toast } from "../../ui/toast.ts";
import { eventsKey } from "./events-queries.ts";
import { RetentionPreview } from "./retention-preview.tsx";
import { retentionQuery } from "./retention-query.ts";

const longest = 36_500;

/** The days a field asks for: null for ever, undefined for what is no such number. */
export function daysOf(text: string): number | null | undefined {
  if (text.trim() === "") return null;
  const days = Number(text);
  return /^\d+$/.test(text.trim()) && days >= 1 && days <= longest ? days : undefined;
}

/** How long the person's events are kept, and what a shorter time would delete. */
export function RetentionCard() {
  const { days, instanceDays } = useSuspenseQuery(retentionQuery()).data;
  const [text, setText] = useState(days === null ? "" : String(days));
  const queryClient = useQueryClient();
  const change = useMutation(
    trpc.events.setRetention.mutationOptions({
      onSuccess: async (changed) => {
        queryClient.setQueryData(retentionQuery().queryKey, changed);
        setText(changed.days === null ? "" : String(changed.days));
        await queryClient.invalidateQueries({ queryKey: eventsKey });
        toast.success("How long events are kept was changed.");
      },
    }),
  );
  const chosen = daysOf(text);
  const shortened =
    typeof chosen === "number" &&
    chosen < Math.min(days ?? longest + 1, instanceDays ?? longest + 1);
  return (
    <Card title="How long events are kept">
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          if (chosen !== undefined) change.mutate({ days: chosen });
        }}
        submitError={messageOf(change.error)}
        pending={change.isPending}
        submitLabel={shortened ? "Delete what is older" : "Save"}
        submitVariant={shortened ? "danger" : "primary"}
        disabledReason={
          chosen === undefined
            ? "Correct the days first"
            : chosen === days
              ? "Nothing has been changed."
              : undefined
        }
        actions="start"
      >
        <Field
          label="Days"
          hint={
            instanceDays === null
              ? "Empty: for ever."
              : `Empty: as long as this server keeps them, ${instanceDays} days.`
          }
          error={chosen === undefined ? `a whole number from 1 to ${longest}` : undefined}
        >
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              autoComplete="off"
              className="max-w-40"
              value={text}
              onChange={({ target }) => setText(target.value)}
            />
          )}
        </Field>
        {shortened && <RetentionPreview days={chosen} />}
      </Form>
    </Card>
  );
}
