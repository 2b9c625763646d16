import { zodResolver } from "@hookform/resolvers/zod";
import { updateAccountInput } from "@muniment/shared/accounts.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { useMe } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Description, DescriptionList } from "../../ui/description-list.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { Input } from "../../ui/input.tsx";
import { toast } from "../../ui/toast.ts";

export function ProfileCard() {
  const me = useMe();
  const form = useForm({
    resolver: zodResolver(updateAccountInput),
    defaultValues: { displayName: me.displayName },
  });
  const update = useMutation(
    trpc.account.update.mutationOptions({
      onSuccess: (changed) => {
        queryClient.setQueryData(trpc.auth.me.queryKey(), changed);
        form.reset({ displayName: changed.displayName });
        toast.success("Your profile was saved.");
      },
    }),
  );
  return (
    <Card title="Profile">
      <div className="grid gap-4">
        <DescriptionList>
          <Description term="Role">
            <Badge>{me.role}</Badge>
          </Description>
          <Description term="Member since">
            <DateTime value={me.createdAt} />
          </Description>
        </DescriptionList>
        <Form
          onSubmit={form.handleSubmit((values) => update.mutate(values))}
          submitError={messageOf(update.error)}
          pending={update.isPending}
          submitLabel="Save"
          disabledReason={form.formState.isDirty ? undefined : "Nothing has been changed."}
          actions="start"
        >
          <Field label="Name" error={form.formState.errors.displayName?.message}>
            {(control) => (
              <Input {...control} {...form.register("displayName")} autoComplete="name" />
            )}
          </Field>
        </Form>
      </div>
    </Card>
  );
}
