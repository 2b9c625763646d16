import { useMutation } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { messageOf } from "../../errors.ts";
import { leave } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { AuthCard } from "../../ui/auth-card.tsx";
import { Button } from "../../ui/button.tsx";
import { toast } from "../../ui/toast.ts";
import { AddPasskey } from "./add-passkey.tsx";
import { refreshFactors } from "./factors-query.ts";
import { SetUpTotp } from "./set-up-totp.tsx";

/** All that is open to a person whose role needs a second factor, until there is one. */
export function EnrollPage() {
  const router = useRouter();
  const signOut = useMutation(
    trpc.auth.signOut.mutationOptions({
      onSuccess: () => leave(),
      onError: (error) => toast.error(messageOf(error) ?? ""),
    }),
  );
  const done = async () => {
    await refreshFactors();
    await router.navigate({ to: "/" });
  };
  return (
    <AuthCard
      title="Set up a second factor"
      lead="Your role needs more than a password to sign in. Nothing else is open to you until one of these is set up."
    >
      <div className="grid gap-3">
        <SetUpTotp size="lg" label="Use an authenticator app" onDone={() => void done()} />
        <AddPasskey size="lg" label="Use a passkey" onDone={() => void done()} />
        <Button variant="ghost" pending={signOut.isPending} onClick={() => signOut.mutate()}>
          Sign out
        </Button>
      </div>
    </AuthCard>
  );
}
