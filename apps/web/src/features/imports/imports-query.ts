import type { EventImport } from "@muniment/shared/imports.ts";
import { byCursor } from "../../paging.ts";
import { trpc } from "../../trpc.ts";

const refreshMilliseconds = 1000;

export const isUnderWay = ({ status }: Pick<EventImport, "status">) =>
  status === "receiving" || status === "queued" || status === "running";

/** Read again every second while an import is under way. */
export const importsQuery = () =>
  trpc.imports.list.infiniteQueryOptions(
    {},
    {
      ...byCursor,
      refetchInterval: ({ state }) => {
        const items = state.data?.pages.flatMap((page) => page.items) ?? [];
        return items.some(isUnderWay) ? refreshMilliseconds : false;
      },
    },
  );

/** The agents that a file can be brought into. */
export const ownAgentsQuery = () => trpc.agents.list.queryOptions({ limit: 100 });

export const rejectsQuery = (id: string) =>
  trpc.imports.rejects.infiniteQueryOptions({ id, limit: 20 }, byCursor);
