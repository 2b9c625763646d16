import { zodResolver } from "@hookform/resolvers/zod";
import {
  type inspectLinkInput,
  type linkedAccount,
  resetPasswordInput,
} from "@muniment/shared/accounts.ts";
import { queryOptions, type UseMutationResult, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useForm } from "react-hook-form";
import type { z } from "zod";
import { messageOf, type Overrides, reasonOf } from "./errors.ts";
import { useLinkToken } from "./link-token.ts";
import { NewPasswordField } from "./new-password-field.tsx";
import { trpcClient } from "./trpc.ts";
import { AuthCard } from "./ui/auth-card.tsx";
import { Button } from "./ui/button.tsx";
import { Form } from "./ui/form.tsx";
import { Notice } from "./ui/notice.tsx";
import { Spinner } from "./ui/spinner.tsx";

type Purpose = z.infer<typeof inspectLinkInput>["purpose"];

const linkQuery = (purpose: Purpose, token: string | null) =>
  queryOptions({
    queryKey: ["link", purpose, token],
    queryFn: () => trpcClient.auth.inspectLink.mutate({ purpose, token: token ?? "" }),
    enabled: token !== null,
    // What the link does ends it, and its owner may be typing for longer than anything is fresh.
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

type Props = {
  purpose: Purpose;
  title: string;
  lead: string;
  /** Sets the password. */
  mutation: UseMutationResult<unknown, unknown, z.infer<typeof resetPasswordInput>>;
  /** What its refusals mean here. */
  sentences?: Overrides;
  /** Stands in place of the form when it is done. */
  done: ReactNode;
  /** Stands there when the link does not work, or works no longer. */
  problem: ReactNode;
};

/** The page of a link with which the owner of an account sets its password. */
export function PasswordLinkPage(props: Props) {
  const { purpose, title, lead, mutation, sentences, done, problem } = props;
  const token = useLinkToken("token");
  const link = useQuery(linkQuery(purpose, token));
  const isOver = [link.error, mutation.error].some((error) => reasonOf(error) === "invalid_token");
  if (mutation.isSuccess) return done;
  if (!token || isOver) return problem;
  return (
    <AuthCard title={title} lead={lead}>
      {link.isError && (
        <div className="grid gap-3">
          <Notice tone="danger">The link could not be checked. {messageOf(link.error)}</Notice>
          <Button size="lg" pending={link.isFetching} onClick={() => void link.refetch()}>
            Try again
          </Button>
        </div>
      )}
      {link.isPending && (
        <p role="status" className="flex items-center gap-2 text-sm text-muted">
          <Spinner /> Looking the link up
        </p>
      )}
      {link.data && (
        <PasswordForm
          account={link.data}
          onSubmit={(password) => mutation.mutate({ token, password })}
          submitError={messageOf(mutation.error, sentences)}
          pending={mutation.isPending}
        />
      )}
    </AuthCard>
  );
}

const fields = resetPasswordInput.pick({ password: true });

function PasswordForm(props: {
  account: z.infer<typeof linkedAccount>;
  onSubmit: (password: string) => void;
  submitError: string | null;
  pending: boolean;
}) {
  const { account, onSubmit, submitError, pending } = props;
  const form = useForm({ resolver: zodResolver(fields), defaultValues: { password: "" } });
  return (
    <Form
      onSubmit={form.handleSubmit(({ password }) => onSubmit(password))}
      submitError={submitError}
      pending={pending}
      submitLabel="Set the password"
      actions="block"
    >
      <p className="text-sm text-muted">
        For <span className="font-medium break-all text-ink">{account.email}</span>
      </p>
      {/* Tells password managers whose password this is. */}
      <input type="email" value={account.email} autoComplete="username" readOnly hidden />
      <NewPasswordField
        label="New password"
        registration={form.register("password")}
        error={form.formState.errors.password?.message}
        value={form.watch("password")}
        minimum={account.minimumCodePoints}
        owner={account}
      />
    </Form>
  );
}
