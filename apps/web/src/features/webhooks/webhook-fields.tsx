import type { FieldErrors, UseFormRegister } from "react-hook-form";
import { Field } from "../../ui/field.tsx";
import { Input } from "../../ui/input.tsx";

export type WebhookValues = { name: string; url: string };

type Props = { register: UseFormRegister<WebhookValues>; errors: FieldErrors<WebhookValues> };

export function WebhookFields({ register, errors }: Props) {
  return (
    <>
      <Field label="Name" error={errors.name?.message}>
        {(control) => <Input {...control} {...register("name")} placeholder="On-call chat" />}
      </Field>
      <Field
        label="URL"
        hint="Public, http or https. Private networks need EGRESS_ALLOW on the server."
        error={errors.url?.message}
      >
        {(control) => (
          <Input
            {...control}
            {...register("url")}
            type="url"
            autoComplete="off"
            placeholder="https://example.com/muniment"
          />
        )}
      </Field>
    </>
  );
}
