import { messageOf } from "./errors.ts";

/** For `infiniteQueryOptions` of every list of the API. */
export const byCursor = {
  getNextPageParam: (page: { nextCursor: string | null }) => page.nextCursor,
};

/** The same for lists whose reading is audited: only a person's act reads them again. */
export const auditedByCursor = {
  ...byCursor,
  refetchOnWindowFocus: false,
  refetchOnReconnect: false,
};

type PagedQuery = {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  error: unknown;
  fetchNextPage: () => Promise<unknown>;
};

/** What `LoadMore` needs to know of an infinite query. */
export function loadMoreProps(query: PagedQuery) {
  return {
    hasMore: query.hasNextPage,
    pending: query.isFetchingNextPage,
    error: query.isFetchNextPageError ? messageOf(query.error) : null,
    onMore: () => void query.fetchNextPage(),
  };
}
