import { useEffect, useRef } from "react";

type Options = {
  ids: readonly string[];
  selected: string | undefined;
  onSelect: (id: string | undefined) => void;
  /** Called with the place of the newly selected row. */
  onMove: (place: number) => void;
};

const busy =
  "input, textarea, select, [contenteditable], [role=menu], [role=dialog], [role=listbox]";

/** `j` and `k`, or the arrows once something is selected, move the selection; Esc ends it. */
export function useListKeys(options: Options): void {
  const latest = useRef(options);
  latest.current = options;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
      if (event.target instanceof Element && event.target.closest(busy)) return;
      const { ids, selected, onSelect, onMove } = latest.current;
      if (event.key === "Escape" && selected !== undefined) {
        onSelect(undefined);
        return;
      }
      const step = stepOf(event.key, selected !== undefined);
      if (step === 0) return;
      const place = nextPlace(ids, selected, step);
      const id = ids[place];
      if (id === undefined) return;
      event.preventDefault();
      onSelect(id);
      onMove(place);
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
}

function stepOf(key: string, hasSelection: boolean): -1 | 0 | 1 {
  if (key === "j" || (hasSelection && key === "ArrowDown")) return 1;
  if (key === "k" || (hasSelection && key === "ArrowUp")) return -1;
  return 0;
}

/** The place to go to from the selected id; the first one when it is not in the list. */
export function nextPlace(ids: readonly string[], selected: string | undefined, step: -1 | 1) {
  const place = selected === undefined ? -1 : ids.indexOf(selected);
  if (place === -1) return 0;
  return Math.min(Math.max(place + step, 0), ids.length - 1);
}
