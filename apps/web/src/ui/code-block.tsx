import { CopyButton } from "./copy-button.tsx";

/** Text to be copied as it stands. */
export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div className="relative rounded-md border bg-sunken">
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must be able to scroll it
        tabIndex={0}
        className="max-h-72 overflow-auto py-2.5 pr-12 pl-3 font-mono text-xs leading-5"
      >
        <code>{code}</code>
      </pre>
      <div className="absolute top-1 right-1 rounded-md bg-sunken">
        <CopyButton text={code} label={label} />
      </div>
    </div>
  );
}
