import { useQuery } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { settleReauthentication } from "../../reauthentication.ts";
import { useMe } from "../../session.ts";
import { trpcClient } from "../../trpc.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { PasskeyProof } from "./passkey-proof.tsx";
import { PasswordProof } from "./password-proof.tsx";

export function ReauthenticationDialog() {
  const { secondFactor } = useMe();
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && settleReauthentication(false)}
      title="Confirm it is you"
      description="This step is protected. Prove who you are to go on; it is asked again after five minutes."
    >
      {secondFactor ? <ProofWithFactor /> : <PasswordProof methods={[]} />}
    </Dialog>
  );
}

function ProofWithFactor() {
  // A mutation by its effect, as it makes a challenge; asked once for each time the dialog opens.
  const options = useQuery({
    queryKey: ["reauthentication"],
    queryFn: () => trpcClient.auth.beginReauthentication.mutate(),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  });
  if (options.isPending) return <Skeleton className="h-32" />;
  if (options.isError) return <Notice tone="danger">{messageOf(options.error)}</Notice>;
  const { methods, passkey } = options.data;
  return (
    <div className="grid gap-4">
      {passkey && <PasskeyProof options={passkey} onSpent={() => void options.refetch()} />}
      <PasswordProof methods={methods} />
    </div>
  );
}
