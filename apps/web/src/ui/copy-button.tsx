import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./button.tsx";
import { toast } from "./toast.ts";

type Props = {
  text: string;
  /** What the button does; shown beside the icon when `withLabel`. */
  label: string;
  withLabel?: boolean;
};

export function CopyButton({ text, label, withLabel = false }: Props) {
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);

  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => toast.error("The browser did not allow copying. Select the text and copy it yourself."),
    );
  const Icon = copied ? Check : Copy;
  return (
    <Button
      variant={withLabel ? "secondary" : "ghost"}
      size={withLabel ? "sm" : "iconSm"}
      aria-label={withLabel ? undefined : label}
      onClick={copy}
    >
      <Icon aria-hidden className={copied ? "text-ok" : undefined} />
      {withLabel && label}
      <span aria-live="polite" className="sr-only">
        {copied ? "Copied" : ""}
      </span>
    </Button>
  );
}
