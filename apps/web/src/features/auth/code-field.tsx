import type { SecondFactorMethod } from "@muniment/shared/second-factors.ts";
import type { UseFormRegisterReturn } from "react-hook-form";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Input } from "../../ui/input.tsx";

export type CodeKind = Exclude<SecondFactorMethod, "passkey">;

/** Which code to ask for first; null where there is none to give. */
export function codeKind(methods: readonly SecondFactorMethod[]): CodeKind | null {
  if (methods.includes("totp")) return "totp";
  return methods.includes("recovery_code") ? "recovery_code" : null;
}

const texts = {
  totp: { label: "Code", hint: "The six digits that your authenticator app shows." },
  recovery_code: {
    label: "Recovery code",
    hint: "One of the codes you stored when you set the second factor up. Each works once.",
  },
} as const;

export function CodeField(props: {
  kind: CodeKind;
  error: string | undefined;
  register: UseFormRegisterReturn;
  autoFocus?: boolean;
}) {
  const { kind, error, register, autoFocus } = props;
  return (
    // Of its own, so that the focus moves to the other field when the kind changes.
    <Field key={kind} {...texts[kind]} error={error}>
      {(control) => (
        <Input
          {...control}
          {...register}
          autoComplete={kind === "totp" ? "one-time-code" : "off"}
          inputMode={kind === "totp" ? "numeric" : "text"}
          spellCheck={false}
          autoFocus={autoFocus}
          className="font-mono"
        />
      )}
    </Field>
  );
}

/** Offers the other kind of code, where there is one. */
export function OtherCode(props: {
  methods: readonly SecondFactorMethod[];
  kind: CodeKind | null;
  onChange: (kind: CodeKind) => void;
}) {
  const { methods, kind, onChange } = props;
  if (!methods.includes("totp") || !methods.includes("recovery_code")) return null;
  return (
    <Button
      variant="ghost"
      className="justify-self-start"
      onClick={() => onChange(kind === "totp" ? "recovery_code" : "totp")}
    >
      {kind === "totp" ? "Use a recovery code" : "Use the authenticator app"}
    </Button>
  );
}
