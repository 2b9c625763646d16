import type { Assurance, AssuranceLevel, WitnessKind } from "@muniment/shared/witnesses.ts";

type Place = {
  kind: WitnessKind;
  everySeconds: number;
  confirmedSize: number;
  contradicts: boolean;
};

/** A place counts as long as it is not this much later than it should be. */
const graceSeconds = 120;

/**
 * How much the log is worth now. `oldestUnconfirmed` answers since when (milliseconds) there are entries
 * beyond a size; null where there are none.
 */
export function assuranceOf(
  places: readonly Place[],
  size: number,
  now: number,
  oldestUnconfirmed: (confirmedSize: number) => number | null,
): Assurance {
  const sound = places.filter(({ contradicts }) => !contradicts);
  const isInTime = ({ everySeconds, confirmedSize }: Place) => {
    const since = oldestUnconfirmed(confirmedSize);
    return (
      confirmedSize > 0 && (since === null || now - since < (everySeconds + graceSeconds) * 1000)
    );
  };
  const reach = (kept: readonly Place[]) =>
    Math.min(size, Math.max(0, ...kept.map(({ confirmedSize }) => confirmedSize)));
  const cosigning = sound.filter(({ kind }) => kind === "witness");
  const level: AssuranceLevel = cosigning.some(isInTime)
    ? "witnessed"
    : sound.some(isInTime)
      ? "evident"
      : "detecting";
  return {
    level,
    size,
    evidentTo: reach(sound),
    witnessedTo: reach(cosigning),
    contradictions: places.length - sound.length,
  };
}
