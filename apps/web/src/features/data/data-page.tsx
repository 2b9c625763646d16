import { PageHeader } from "../../ui/page-header.tsx";
import { AccessesCard } from "./accesses-card.tsx";
import { ErasureCard } from "./erasure-card.tsx";
import { ExportsCard } from "./exports-card.tsx";
import { PendingErasure } from "./pending-erasure.tsx";
import { RecordCard } from "./record-card.tsx";

/** What is kept of a person here, and what they can do about it. */
export function DataPage() {
  return (
    <>
      <PageHeader
        title="Your data"
        description="Take a copy of it, see who looked at it and why it is kept, or erase it."
      />
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        <PendingErasure />
        <ExportsCard />
        <AccessesCard />
        <RecordCard />
        <ErasureCard />
      </div>
    </>
  );
}
