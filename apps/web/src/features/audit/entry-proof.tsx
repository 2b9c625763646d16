import { type Verdict, verifyEvidence } from "@muniment/verify/evidence.ts";
import { useMutation } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { problemOf } from "../../errors.ts";
import { trpcClient } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { readSeenLog } from "./seen-log.ts";

/** Fetches the evidence for one entry and verifies it here, with the keys this browser saw before. */
async function verifyEntry({ id, index }: { id: string; index: number }): Promise<Verdict> {
  const evidence = await trpcClient.audit.evidence.query({ from: index, count: 1 });
  const verdict = await verifyEvidence(evidence, readSeenLog()?.keys);
  const leaf: unknown = JSON.parse(evidence.ranges[0]?.entries[0]?.leaf ?? "null");
  const isThis = typeof leaf === "object" && leaf !== null && "id" in leaf && leaf.id === id;
  if (verdict.ok && !isThis) return { ok: false, index, reason: "it is another entry" };
  return verdict;
}

export function EntryProof({ id, index }: { id: string; index: number }) {
  const proof = useMutation({ mutationFn: verifyEntry });
  const problem = proof.error ? problemOf(proof.error) : null;
  return (
    <section aria-label="Proof" className="grid gap-2">
      <h3 className="text-sm font-semibold">Proof</h3>
      <div>
        <Button
          variant="secondary"
          size="sm"
          pending={proof.isPending}
          onClick={() => proof.mutate({ id, index })}
        >
          <ShieldCheck aria-hidden />
          Verify in this browser
        </Button>
      </div>
      <div aria-live="polite">
        {problem && <Notice tone="warn">{problem.message}</Notice>}
        {proof.data && <Outcome verdict={proof.data} index={index} />}
      </div>
    </section>
  );
}

function Outcome({ verdict, index }: { verdict: Verdict; index: number }) {
  if (!verdict.ok) return <Notice tone="danger">Not verified: {verdict.reason}.</Notice>;
  const { size, origin } = verdict.checkpoint;
  return (
    <Notice tone="ok">
      Entry {index.toLocaleString("en")} is one of the {size.toLocaleString("en")} under the signed
      checkpoint of {origin}, as it was sealed.
    </Notice>
  );
}
