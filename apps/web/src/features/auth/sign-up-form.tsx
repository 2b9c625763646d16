import { zodResolver } from "@hookform/resolvers/zod";
import { signUpInput } from "@muniment/shared/accounts.ts";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { NewAccountFields } from "../../new-account-fields.tsx";
import { startSession } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { AuthCard } from "../../ui/auth-card.tsx";
import { Form } from "../../ui/form.tsx";
import { MailSentCard } from "./mail-sent-card.tsx";

const fields = signUpInput.omit({ invitation: true });

export function SignUpForm({ invitation }: { invitation: string | null }) {
  const navigate = useNavigate();
  const form = useForm({
    resolver: zodResolver(fields),
    defaultValues: { email: "", displayName: "", password: "" },
  });
  const signUp = useMutation(
    trpc.auth.signUp.mutationOptions({
      onSuccess: (result) => {
        if (result.status !== "signedIn") return;
        startSession(result.user);
        return navigate({ to: "/" });
      },
    }),
  );
  if (signUp.data?.status === "verificationSent") {
    return (
      <MailSentCard email={signUp.variables?.email ?? ""} onRetry={signUp.reset}>
        open the link in the mail that is on its way to complete your account. It works for 24
        hours.
      </MailSentCard>
    );
  }
  return (
    <AuthCard
      title="Create your account"
      lead={
        invitation
          ? "You were invited. Use the e-mail address that received the invitation."
          : undefined
      }
    >
      <Form
        onSubmit={form.handleSubmit((values) =>
          signUp.mutate(invitation ? { ...values, invitation } : values),
        )}
        submitError={messageOf(signUp.error, {
          invalid_token:
            "This invitation is not valid any more, or belongs to another e-mail address. Ask for a new one.",
          already_exists: "There is an account with this e-mail address. Sign in instead.",
        })}
        pending={signUp.isPending}
        submitLabel="Create account"
        actions="block"
      >
        <NewAccountFields
          register={form.register}
          errors={form.formState.errors}
          control={form.control}
        />
      </Form>
      <p className="mt-4 text-sm text-muted">
        Have an account?{" "}
        <Link to="/sign-in" className="font-medium text-accent hover:underline">
          Sign in
        </Link>
      </p>
    </AuthCard>
  );
}
