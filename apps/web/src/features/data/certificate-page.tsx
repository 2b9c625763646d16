import { type Certificate, openCertificate } from "@muniment/verify/certificate.ts";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { messageOf, reasonOf } from "../../errors.ts";
import { LinkProblemCard } from "../../link-problem-card.tsx";
import { trpc } from "../../trpc.ts";
import { AuthCard } from "../../ui/auth-card.tsx";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/code-block.tsx";
import { utc } from "../../ui/date-time.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";

const refreshMilliseconds = 5000;

/** Offers the text as a file. */
function save(name: string, text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

/** The certificate of an erasure, for whoever has its address: the person can sign in no more. */
export function CertificatePage() {
  const { id } = useParams({ from: "/public/erasure/$id" });
  const answer = useQuery(
    trpc.data.certificate.queryOptions(
      { id },
      {
        // It is made again once nothing is left on the disk.
        refetchInterval: ({ state: { data } }) =>
          data?.cleanedAt === null ? refreshMilliseconds : false,
      },
    ),
  );
  const { note, verifierKeys } = answer.data ?? { note: "", verifierKeys: [] };
  const opened = useQuery({
    queryKey: ["certificate", note],
    queryFn: () => openCertificate(note, verifierKeys),
    enabled: answer.isSuccess,
    retry: false,
  });
  const reason = reasonOf(answer.error);
  if (reason === "invalid_token" || reason === "invalid_input") {
    return (
      <LinkProblemCard lead="There is no certificate at this address, or not yet: one is made when the account is erased." />
    );
  }
  return (
    <AuthCard
      title="Certificate of erasure"
      lead="The account is erased, and whoever had it is signed out. Keep this certificate, or the address of this page."
    >
      {answer.isPending && <Skeleton className="h-40" />}
      {answer.isError && !answer.data && (
        <div className="grid justify-items-start gap-3">
          <Notice tone="danger">{messageOf(answer.error)}</Notice>
          <Button onClick={() => void answer.refetch()}>Try again</Button>
        </div>
      )}
      {answer.data && (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          {opened.data && <Told certificate={opened.data.certificate} />}
          {opened.isError && (
            <Notice tone="danger">
              The signature could not be verified in this browser: {opened.error.message}.
            </Notice>
          )}
          <Button
            variant="primary"
            size="lg"
            onClick={() => save(`muniment-erasure-${id}.txt`, note)}
          >
            <Download aria-hidden />
            Download the certificate
          </Button>
          <details className="text-sm">
            <summary className="cursor-pointer rounded-md">The certificate and its keys</summary>
            <div className="grid grid-cols-[minmax(0,1fr)] gap-2 pt-2">
              <CodeBlock code={note} label="Copy the certificate" />
              <CodeBlock code={verifierKeys.join("\n")} label="Copy the verifier keys" />
            </div>
          </details>
        </div>
      )}
    </AuthCard>
  );
}

function Told({
  certificate: { erasedAt, cleanedAt, log, remains },
}: {
  certificate: Certificate;
}) {
  return (
    <>
      <Notice tone="ok">Signed by the audit log {log}, as verified in this browser.</Notice>
      <dl className="grid gap-2 text-sm">
        <div>
          <dt className="text-muted">Erased from every table</dt>
          <dd>
            <time dateTime={erasedAt}>{utc(erasedAt)}</time>
          </dd>
        </div>
        <div>
          <dt className="text-muted">Overwritten in the files of the database</dt>
          <dd>
            {cleanedAt === null ? (
              "Under way. The certificate is then made again."
            ) : (
              <time dateTime={cleanedAt}>{utc(cleanedAt)}</time>
            )}
          </dd>
        </div>
      </dl>
      <section aria-labelledby="remains" className="text-sm">
        <h2 id="remains" className="font-semibold">
          What this server cannot reach
        </h2>
        <ul className="mt-1 grid list-disc gap-1.5 pl-5">
          {remains.map(({ what, where, until }) => (
            <li key={what} className="break-words first-letter:uppercase">
              {what}
              <span className="text-muted">
                : {where}, until {until}.
              </span>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
