import { Select } from "../../ui/select.tsx";
import { defaultBy, fixedFields } from "./events-queries.ts";
import type { View } from "./events-search.ts";
import { fieldLabel } from "./field-names.ts";
import { useUpdate } from "./use-explorer.ts";
import { useFacetFields } from "./use-facet-fields.ts";

/** Chooses what the chart's colours stand for. */
export function BySelect({ view, by }: { view: View; by: string }) {
  const { fields, others } = useFacetFields(view);
  const update = useUpdate();
  const options = new Set<string>([...fixedFields, by, ...fields, ...others]);
  return (
    <Select
      aria-label="Colours of the chart"
      className="w-36"
      value={by}
      onChange={({ target }) =>
        update({ by: target.value === defaultBy ? undefined : target.value })
      }
    >
      {[...options].map((field) => (
        <option key={field} value={field}>
          by {fieldLabel(field)}
        </option>
      ))}
    </Select>
  );
}
