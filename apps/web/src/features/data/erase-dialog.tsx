import { zodResolver } from "@hookform/resolvers/zod";
import { currentPassword } from "@muniment/shared/accounts.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { leaveForGood, useMe } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field, Fieldset } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { Input } from "../../ui/input.tsx";
import { PasswordInput } from "../../ui/password-input.tsx";
import { Radio } from "../../ui/radio.tsx";
import { toast } from "../../ui/toast.ts";
import { erasureQuery } from "./data-queries.ts";

const graces = [
  { days: "7", label: "In 7 days", hint: "You can take it back until then." },
  { days: "30", label: "In 30 days", hint: "You can take it back until then." },
  { days: "0", label: "Now", hint: "This cannot be undone by anybody." },
] as const;

/** Asks when, and for the password and the address of the account. */
export function EraseDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog
      open={open}
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Erase my account?"
      description="Take a copy of your data first if you want to keep any of it."
    >
      <EraseForm onClose={onClose} />
    </Dialog>
  );
}

function EraseForm({ onClose }: { onClose: () => void }) {
  const { email } = useMe();
  const form = useForm({
    resolver: zodResolver(
      z.object({
        days: z.enum(["0", "7", "30"]),
        password: currentPassword,
        typed: z.literal(email),
      }),
    ),
    defaultValues: { days: "7" as const, password: "", typed: "" },
  });
  const { errors } = form.formState;
  const erase = useMutation(
    trpc.data.erase.mutationOptions({
      onSuccess: (result) => {
        if (result.status === "erased") return leaveForGood(`/erasure/${result.id}`);
        queryClient.setQueryData(erasureQuery().queryKey, {
          eraseAt: result.eraseAt,
          id: result.id,
        });
        onClose();
        toast.success("Your account will be erased. You can take it back on this page.");
      },
    }),
  );
  const now = form.watch("days") === "0";
  return (
    <Form
      onSubmit={form.handleSubmit(({ days, password }) =>
        erase.mutate({ password, graceSeconds: Number(days) * 86_400 }),
      )}
      submitError={messageOf(erase.error, { invalid_credentials: "The password is wrong." })}
      pending={erase.isPending}
      submitLabel={now ? "Erase now" : "Erase later"}
      submitVariant="danger"
      onCancel={onClose}
    >
      <Fieldset legend="When">
        {graces.map(({ days, label, hint }) => (
          <Radio key={days} {...form.register("days")} value={days} label={label} hint={hint} />
        ))}
      </Fieldset>
      <Field label="Password" error={errors.password && "Enter your password."}>
        {(control) => (
          <PasswordInput
            {...control}
            {...form.register("password")}
            autoComplete="current-password"
          />
        )}
      </Field>
      <Field
        label={
          <span className="break-all">
            Type <span className="font-mono">{email}</span> to confirm
          </span>
        }
        error={errors.typed && "This is not the address of your account."}
      >
        {(control) => (
          <Input {...control} {...form.register("typed")} autoComplete="off" spellCheck={false} />
        )}
      </Field>
    </Form>
  );
}
