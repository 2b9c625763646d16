import { cx } from "./class-names.ts";

const levels = ["Very weak", "Weak", "Almost", "Good", "Strong"] as const;
const colours = ["bg-danger", "bg-danger", "bg-warn", "bg-ok", "bg-ok"] as const;

type Props = {
  /** Names the meter: what is measured. */
  label: string;
  score: 0 | 1 | 2 | 3 | 4;
  /** What the score means for whoever reads it. */
  explanation: string;
};

/** Four bars and a sentence; the sentence is told to those who do not see the bars. */
export function StrengthMeter({ label, score, explanation }: Props) {
  return (
    <div className="grid gap-1">
      <meter className="sr-only" aria-label={label} min={0} max={4} value={score}>
        {levels[score]}
      </meter>
      <div aria-hidden className="flex gap-1">
        {[1, 2, 3, 4].map((bar) => (
          <span
            key={bar}
            className={cx(
              "h-1 flex-1 rounded-full",
              bar <= Math.max(score, 1) ? colours[score] : "bg-line",
            )}
          />
        ))}
      </div>
      <p role="status" className="text-xs text-muted">
        <span className="font-medium text-ink">{levels[score]}.</span> {explanation}
      </p>
    </div>
  );
}
