import { CopyButton } from "./copy-button.tsx";

/** Text to be copied as it stands. */
export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div className="flex items-start rounded-md border bg-sunken">
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must be able to scroll it
        tabIndex={0}
        className="max-h-72 min-w-0 grow overflow-auto py-2.5 pl-3 font-mono text-xs leading-5"
      >
        <code>{code}</code>
      </pre>
      <div className="shrink-0 p-1">
        <CopyButton text={code} label={label} />
      </div>
    </div>
  );
}
