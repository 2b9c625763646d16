import { type ApiKeyScope, apiKeyScopes } from "@muniment/shared/api-key-scopes.ts";
import type { FieldErrors, UseFormRegister } from "react-hook-form";
import type { z } from "zod";
import { Checkbox } from "../../ui/checkbox.tsx";
import { Field, Fieldset } from "../../ui/field.tsx";
import { Input, Textarea } from "../../ui/input.tsx";
import { Select } from "../../ui/select.tsx";
import { type apiKeyForm, lifetimes } from "./api-key-form.ts";

const scopeHints = {
  "events:write": "Send events.",
  "events:read": "Search your events.",
} as const satisfies Record<ApiKeyScope, string>;

type Values = z.input<typeof apiKeyForm>;
type Props = { register: UseFormRegister<Values>; errors: FieldErrors<Values> };

export function ApiKeyFields({ register, errors }: Props) {
  return (
    <>
      <Field label="Name" hint="Where it will be used." error={errors.name?.message}>
        {(control) => (
          <Input {...control} {...register("name")} placeholder="log shipper on web-1" />
        )}
      </Field>
      <Fieldset legend="Scopes" error={errors.scopes?.message}>
        {apiKeyScopes.map((scope) => (
          <Checkbox
            key={scope}
            {...register("scopes")}
            value={scope}
            label={scope}
            hint={scopeHints[scope]}
          />
        ))}
      </Fieldset>
      <Field label="Expires" error={errors.lifetime?.message}>
        {(control) => (
          <Select {...control} {...register("lifetime")}>
            {lifetimes.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <details className="group">
        <summary className="text-sm text-muted hover:text-ink">Restrictions</summary>
        <div className="mt-3 grid gap-4">
          <Field
            label="Allowed addresses"
            optional
            hint="Addresses or CIDR ranges, one per line. Empty: any address."
            error={errors.allowedCidrs?.message}
          >
            {(control) => (
              <Textarea
                {...control}
                {...register("allowedCidrs")}
                className="font-mono text-xs"
                placeholder="10.0.0.0/8"
                spellCheck={false}
              />
            )}
          </Field>
          <Field
            label="Allowed event types"
            optional
            hint="Types, or prefixes ending in *, one per line. Empty: any type."
            error={errors.eventTypes?.message}
          >
            {(control) => (
              <Textarea
                {...control}
                {...register("eventTypes")}
                className="font-mono text-xs"
                placeholder="ssh.*"
                spellCheck={false}
              />
            )}
          </Field>
          <Field
            label="Web pages"
            optional
            hint="For a key in the code of web pages: their origins, one per line. It then only sends events, from these pages, and few."
            error={errors.origins?.message}
          >
            {(control) => (
              <Textarea
                {...control}
                {...register("origins")}
                className="font-mono text-xs"
                placeholder="https://www.example.com"
                spellCheck={false}
              />
            )}
          </Field>
        </div>
      </details>
    </>
  );
}
