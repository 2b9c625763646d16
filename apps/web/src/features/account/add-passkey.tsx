import { zodResolver } from "@hookform/resolvers/zod";
import { name } from "@muniment/shared/values.ts";
import { useMutation, useSuspenseQuery } from "@tanstack/react-query";
import { Fingerprint } from "lucide-react";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { makePasskey, passkeyMessageOf, passkeysUnsupported } from "../../passkeys.ts";
import { trpcClient } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { Input } from "../../ui/input.tsx";
import { factorsQuery } from "./factors-query.ts";
import { RecoveryCodesDialog } from "./recovery-codes-dialog.tsx";

/** A button that leads to a new passkey, and with the first factor to stored recovery codes. */
export function AddPasskey(props: { label: string; size?: "md" | "lg"; onDone: () => void }) {
  const { passkeysUnavailable } = useSuspenseQuery(factorsQuery()).data;
  const [open, setOpen] = useState(false);
  const [codes, setCodes] = useState<string[] | null>(null);
  const added = (recoveryCodes: string[] | null) => {
    setOpen(false);
    if (recoveryCodes) setCodes(recoveryCodes);
    else props.onDone();
  };
  return (
    <>
      <Button
        size={props.size}
        disabledReason={passkeysUnavailable ?? passkeysUnsupported()}
        onClick={() => setOpen(true)}
      >
        <Fingerprint aria-hidden />
        {props.label}
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title="Add a passkey"
        description="Your device, password manager or security key keeps it. It signs you in without a password, and only at this address."
      >
        <PasskeyForm onAdded={added} onCancel={() => setOpen(false)} />
      </Dialog>
      <RecoveryCodesDialog
        codes={codes}
        onClose={() => {
          setCodes(null);
          props.onDone();
        }}
      />
    </>
  );
}

function PasskeyForm(props: {
  onAdded: (recoveryCodes: string[] | null) => void;
  onCancel: () => void;
}) {
  const form = useForm({
    resolver: zodResolver(z.object({ name })),
    defaultValues: { name: "" },
  });
  const add = useMutation({
    mutationFn: async (values: { name: string }) => {
      const response = await makePasskey(await trpcClient.account.beginPasskey.mutate());
      return trpcClient.account.confirmPasskey.mutate({ ...values, response });
    },
    onSuccess: ({ recoveryCodes }) => props.onAdded(recoveryCodes),
  });
  return (
    <Form
      onSubmit={form.handleSubmit((values) => add.mutate(values))}
      submitError={passkeyMessageOf(add.error, {
        invalid_credentials: "This passkey was not accepted.",
        invalid_token: "That took too long. Try again.",
        already_exists: "This passkey is here already, or there are too many.",
      })}
      pending={add.isPending}
      submitLabel="Add passkey"
      onCancel={props.onCancel}
    >
      <Field
        label="Name"
        hint="Where it is kept, such as “Phone” or “Blue security key”."
        error={form.formState.errors.name && "Enter a name."}
      >
        {(control) => <Input {...control} {...form.register("name")} autoComplete="off" />}
      </Field>
    </Form>
  );
}
