import { zodResolver } from "@hookform/resolvers/zod";
import { requestPasswordResetInput } from "@muniment/shared/accounts.ts";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useForm } from "react-hook-form";
import { EmailField } from "../../email-field.tsx";
import { messageOf } from "../../errors.ts";
import { trpc } from "../../trpc.ts";
import { AuthCard } from "../../ui/auth-card.tsx";
import { Form } from "../../ui/form.tsx";
import { MailSentCard } from "./mail-sent-card.tsx";

/** Asks for a link with which to set a new password. */
export function ForgotPage() {
  const form = useForm({
    resolver: zodResolver(requestPasswordResetInput),
    defaultValues: { email: "" },
  });
  const request = useMutation(trpc.auth.requestPasswordReset.mutationOptions());
  if (request.isSuccess) {
    return (
      <MailSentCard email={request.variables.email} onRetry={request.reset}>
        If there is an account with this address, a mail with a link is on its way. It works for 30
        minutes.
      </MailSentCard>
    );
  }
  return (
    <AuthCard
      title="Forgot your password?"
      lead="Enter the address of your account. You get a mail with a link to set a new password."
    >
      <Form
        onSubmit={form.handleSubmit((values) => request.mutate(values))}
        submitError={messageOf(request.error)}
        pending={request.isPending}
        submitLabel="Send the link"
        actions="block"
      >
        <EmailField
          registration={form.register("email")}
          error={form.formState.errors.email?.message}
          autoFocus
        />
      </Form>
      <p className="mt-4 text-sm text-muted">
        <Link to="/sign-in" className="font-medium text-accent hover:underline">
          Back to sign in
        </Link>
      </p>
    </AuthCard>
  );
}
