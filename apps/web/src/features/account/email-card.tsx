import { zodResolver } from "@hookform/resolvers/zod";
import { changeEmailInput } from "@muniment/shared/accounts.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { OutboxNotice } from "../../outbox-notice.tsx";
import { useMe } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Card } from "../../ui/card.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { Input } from "../../ui/input.tsx";
import { Notice } from "../../ui/notice.tsx";

/** Asks for another address; it holds once its owner has opened the link of a mail. */
export function EmailCard() {
  const me = useMe();
  const form = useForm({ resolver: zodResolver(changeEmailInput), defaultValues: { email: "" } });
  const change = useMutation(
    trpc.account.changeEmail.mutationOptions({ onSuccess: () => form.reset() }),
  );
  return (
    <Card
      title="E-mail address"
      description="You sign in with it, and are told there of changes to your account."
    >
      <Form
        onSubmit={form.handleSubmit((values) => change.mutate(values))}
        submitError={messageOf(change.error, {
          already_exists: "This is your address already.",
        })}
        pending={change.isPending}
        submitLabel="Change address"
        actions="start"
      >
        <p className="text-sm break-all">
          <span className="text-muted">Now </span>
          {me.email}
        </p>
        <Field
          label="New address"
          hint="Nothing changes before you open the link in the mail to it. Every other session ends then."
          error={form.formState.errors.email?.message}
        >
          {(control) => (
            <Input {...control} {...form.register("email")} type="email" autoComplete="email" />
          )}
        </Field>
        <div aria-live="polite" className="empty:hidden">
          {change.isSuccess && (
            <div className="grid gap-2">
              <Notice tone="ok">
                A mail to <span className="break-all">{change.variables.email}</span> is on its way.
                Open its link within an hour.
              </Notice>
              <OutboxNotice />
            </div>
          )}
        </div>
      </Form>
    </Card>
  );
}
