import { zodResolver } from "@hookform/resolvers/zod";
import { confirmTotpInput } from "@muniment/shared/second-factors.ts";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { Input } from "../../ui/input.tsx";
import { QrCode } from "../../ui/qr-code.tsx";

type Props = {
  setUp: { secret: string; uri: string };
  onConfirmed: (recoveryCodes: string[] | null) => void;
  onCancel: () => void;
};

/** Shows the secret for the app, and asks for the first code to know that the app has it. */
export function ConfirmTotp({ setUp, onConfirmed, onCancel }: Props) {
  const form = useForm({
    resolver: zodResolver(confirmTotpInput),
    defaultValues: { code: "" },
  });
  const confirm = useMutation(
    trpc.account.confirmTotp.mutationOptions({
      onSuccess: ({ recoveryCodes }) => onConfirmed(recoveryCodes),
    }),
  );
  const key = setUp.secret.replaceAll(/(.{4})(?!$)/g, "$1 ");
  return (
    <Form
      onSubmit={form.handleSubmit((values) => confirm.mutate(values))}
      submitError={messageOf(confirm.error, {
        invalid_credentials:
          "The code is wrong. Check that the clock of the device is right, and use the newest code.",
      })}
      pending={confirm.isPending}
      submitLabel="Turn on"
      onCancel={onCancel}
    >
      <div className="grid justify-items-center gap-3">
        <QrCode text={setUp.uri} label="QR code for the authenticator app" />
        <p className="text-xs text-muted">Or type this key into the app:</p>
        <div className="flex max-w-full items-center gap-1">
          <code className="min-w-0 text-center font-mono text-sm break-words">{key}</code>
          <CopyButton text={setUp.secret} label="Copy the key" />
        </div>
      </div>
      <Field
        label="Code"
        hint="The six digits that the app shows now."
        error={form.formState.errors.code && "Enter the code."}
      >
        {(control) => (
          <Input
            {...control}
            {...form.register("code")}
            autoComplete="one-time-code"
            inputMode="numeric"
            spellCheck={false}
            className="font-mono"
          />
        )}
      </Field>
    </Form>
  );
}
