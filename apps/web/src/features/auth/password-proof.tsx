import { zodResolver } from "@hookform/resolvers/zod";
import { currentPassword } from "@muniment/shared/accounts.ts";
import { type SecondFactorMethod, secondFactorCode } from "@muniment/shared/second-factors.ts";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { messageOf } from "../../errors.ts";
import { settleReauthentication } from "../../reauthentication.ts";
import { trpc } from "../../trpc.ts";
import { Field } from "../../ui/field.tsx";
import { Form } from "../../ui/form.tsx";
import { PasswordInput } from "../../ui/password-input.tsx";
import { CodeField, codeKind, OtherCode } from "./code-field.tsx";

const withoutCode = z.object({ password: currentPassword, code: z.string() });
const withCode = withoutCode.extend({ code: secondFactorCode });

/** Proves with the password, and a code where there is a second factor, that it is still the same person. */
export function PasswordProof({ methods }: { methods: readonly SecondFactorMethod[] }) {
  const [kind, setKind] = useState(codeKind(methods));
  const form = useForm({
    resolver: zodResolver(kind ? withCode : withoutCode),
    defaultValues: { password: "", code: "" },
  });
  const { errors } = form.formState;
  const prove = useMutation(
    trpc.auth.reauthenticate.mutationOptions({ onSuccess: () => settleReauthentication(true) }),
  );
  return (
    <Form
      onSubmit={form.handleSubmit(({ password, code }) =>
        prove.mutate(kind ? { password, code } : { password }),
      )}
      submitError={messageOf(prove.error, {
        invalid_credentials: kind
          ? "The password or the code is wrong, or the code was used before."
          : "The password is wrong.",
      })}
      pending={prove.isPending}
      submitLabel="Confirm"
      onCancel={() => settleReauthentication(false)}
    >
      <Field label="Password" error={errors.password && "Enter your password."}>
        {(control) => (
          <PasswordInput
            {...control}
            {...form.register("password")}
            autoComplete="current-password"
          />
        )}
      </Field>
      {kind && (
        <>
          <CodeField
            kind={kind}
            error={errors.code && "Enter the code."}
            register={form.register("code")}
          />
          <OtherCode
            methods={methods}
            kind={kind}
            onChange={(other) => {
              form.resetField("code");
              setKind(other);
            }}
          />
        </>
      )}
    </Form>
  );
}
