import { useMutation } from "@tanstack/react-query";
import { messageOf, reasonOf } from "../../errors.ts";
import { LinkDoneCard } from "../../link-done-card.tsx";
import { LinkProblemCard } from "../../link-problem-card.tsx";
import { useLinkToken } from "../../link-token.ts";
import { queryClient } from "../../query-client.ts";
import { trpc } from "../../trpc.ts";
import { AuthCard } from "../../ui/auth-card.tsx";
import { Form } from "../../ui/form.tsx";

/** Confirms a new address. A button of its own, so that a program that follows links changes nothing. */
export function ConfirmEmailPage() {
  const token = useLinkToken("token");
  const confirm = useMutation(
    trpc.account.confirmEmail.mutationOptions({
      onSuccess: () => queryClient.removeQueries(trpc.auth.me.queryFilter()),
    }),
  );
  if (confirm.isSuccess) {
    return (
      <LinkDoneCard title="Your address is changed" next={{ to: "/account", label: "Go on" }}>
        You sign in as <span className="break-all">{confirm.data.email}</span> from now on. The
        former address was told.
      </LinkDoneCard>
    );
  }
  if (!token || reasonOf(confirm.error) === "invalid_token") {
    return (
      <LinkProblemCard lead="It was used, has expired, or is not whole. Open the whole link of the newest mail, or ask for the change again on your account page." />
    );
  }
  return (
    <AuthCard
      title="Confirm your new address"
      lead="Go on only if you have asked for this change yourself. Every other session of the account ends."
    >
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          confirm.mutate({ token });
        }}
        submitError={messageOf(confirm.error, {
          already_exists: "Another account has this address by now.",
        })}
        pending={confirm.isPending}
        submitLabel="Confirm the address"
        actions="block"
      >
        {null}
      </Form>
    </AuthCard>
  );
}
