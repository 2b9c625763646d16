import type { ReactNode } from "react";

type Props = {
  title: string;
  description?: ReactNode;
  /** A link to the parent page. */
  back?: ReactNode;
  actions?: ReactNode;
};

/** The page's one h1, with what the page is for and its main action. */
export function PageHeader({ title, description, back, actions }: Props) {
  return (
    <header className="mb-5 flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
      <title>{`${title} · Muniment`}</title>
      <div className="min-w-0">
        {back && <div className="mb-1 text-sm text-muted">{back}</div>}
        <h1 className="text-xl font-semibold tracking-tight break-words">{title}</h1>
        {description && <p className="max-w-prose text-sm text-muted">{description}</p>}
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  );
}
