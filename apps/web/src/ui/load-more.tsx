import { Button } from "./button.tsx";

type Props = {
  /** How many rows are shown now. */
  shown: number;
  noun: { one: string; many: string };
  hasMore: boolean;
  pending: boolean;
  /** Why the last attempt failed, as a sentence. */
  error: string | null;
  onMore: () => void;
};

/** The foot of a list that pages by cursor. */
export function LoadMore({ shown, noun, hasMore, pending, error, onMore }: Props) {
  return (
    // Takes the focus when the button goes with the last page (use-page-focus.ts).
    <div
      tabIndex={-1}
      className="flex flex-wrap items-center justify-between gap-2 px-1 pt-3 text-xs text-muted"
    >
      <span aria-live="polite">
        {shown.toLocaleString("en")} {shown === 1 ? noun.one : noun.many}
        {hasMore ? ", more available" : ""}
      </span>
      {error && (
        <span role="alert" className="text-danger">
          {error}
        </span>
      )}
      {hasMore && (
        <Button size="sm" pending={pending} onClick={onMore}>
          Load more
        </Button>
      )}
    </div>
  );
}
