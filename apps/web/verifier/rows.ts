import type { Evidence } from "@muniment/verify/evidence.ts";
import type { Leaf, PersonalData } from "@muniment/verify/leaf.ts";

type Party = { kind: string; id: string | null } | null;

function nameOf(party: Party, personal: PersonalData | null): string {
  if (!party) return "";
  return personal?.label ?? (party.id ? `${party.kind} ${party.id}` : party.kind);
}

/** What an entry says, as text: nothing in a bundle is to be trusted, least of all as markup. */
function cellsOf(text: string, actor: PersonalData | null, target: PersonalData | null): string[] {
  try {
    const leaf = JSON.parse(text) as Leaf;
    return [
      leaf.at,
      nameOf(leaf.actor, actor),
      leaf.action,
      nameOf(leaf.target, target),
      leaf.outcome,
      actor?.address ?? "",
      JSON.stringify(leaf.details),
    ];
  } catch {
    return ["", "", "cannot be read", "", "", "", text.slice(0, 500)];
  }
}

/** The entries of a bundle as rows of a table. */
export const rowsOf = ({ ranges }: Evidence): { index: number; cells: string[] }[] =>
  ranges.flatMap(({ from, entries }) =>
    entries.map(({ leaf, actor, target }, at) => ({
      index: from + at,
      cells: cellsOf(leaf, actor, target),
    })),
  );
