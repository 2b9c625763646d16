import { zodResolver } from "@hookform/resolvers/zod";
import { createAdminInput } from "@muniment/shared/accounts.ts";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useForm } from "react-hook-form";
import { messageOf } from "../../errors.ts";
import { NewAccountFields } from "../../new-account-fields.tsx";
import { startSession } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { AuthCard } from "../../ui/auth-card.tsx";
import { Form } from "../../ui/form.tsx";

const fields = createAdminInput.omit({ token: true });

export function SetupForm({ token }: { token: string }) {
  const navigate = useNavigate();
  const form = useForm({
    resolver: zodResolver(fields),
    defaultValues: { email: "", displayName: "", password: "" },
  });
  const createAdmin = useMutation(
    trpc.setup.createAdmin.mutationOptions({
      onSuccess: ({ user }) => {
        startSession(user);
        return navigate({ to: "/" });
      },
    }),
  );
  return (
    <AuthCard
      title="Create the first administrator"
      lead="This account can see and change everything here. There are no default credentials."
    >
      <Form
        onSubmit={form.handleSubmit((values) => createAdmin.mutate({ ...values, token }))}
        submitError={messageOf(createAdmin.error, {
          invalid_token:
            "This setup link is not valid any more: it was used, or a later start of the server printed a new one.",
        })}
        pending={createAdmin.isPending}
        submitLabel="Create administrator"
        actions="block"
      >
        <NewAccountFields
          register={form.register}
          errors={form.formState.errors}
          control={form.control}
        />
      </Form>
    </AuthCard>
  );
}
