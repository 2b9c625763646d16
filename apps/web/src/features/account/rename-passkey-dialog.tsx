import { zodResolver } from "@hookform/resolvers/zod";
import type { Passkey } from "@muniment/shared/second-factors.ts";
import { name } from "@muniment/shared/values.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { Input } from "../../ui/input.tsx";
import { passkeysQuery } from "./factors-query.ts";

export function RenamePasskeyDialog(props: { passkey: Passkey | null; onClose: () => void }) {
  return (
    <Dialog
      open={props.passkey !== null}
      onOpenChange={(open) => !open && props.onClose()}
      title="Rename the passkey"
    >
      {props.passkey && <RenameForm passkey={props.passkey} onClose={props.onClose} />}
    </Dialog>
  );
}

function RenameForm({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const form = useForm({
    resolver: zodResolver(z.object({ name })),
    defaultValues: { name: passkey.name },
  });
  const rename = useMutation(
    trpc.account.renamePasskey.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(passkeysQuery());
        onClose();
      },
    }),
  );
  return (
    <Form
      onSubmit={form.handleSubmit((values) => rename.mutate({ ...values, id: passkey.id }))}
      submitError={messageOf(rename.error)}
      pending={rename.isPending}
      submitLabel="Rename"
      onCancel={onClose}
    >
      <Field label="Name" error={form.formState.errors.name && "Enter a name."}>
        {(control) => <Input {...control} {...form.register("name")} autoComplete="off" />}
      </Field>
    </Form>
  );
}
