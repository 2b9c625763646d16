import { type RefObject, useEffect, useState } from "react";

const none = { start: false, end: false };

/** At which sides an element hides some of what is in it, until it is scrolled there. */
export function useClipped(element: RefObject<HTMLElement | null>): typeof none {
  const [clipped, setClipped] = useState(none);
  useEffect(() => {
    const box = element.current;
    if (!box) return;
    const look = () => {
      const { scrollLeft, scrollWidth, clientWidth } = box;
      // Sizes are rounded, by less than a pixel each.
      const next = { start: scrollLeft > 1, end: scrollLeft + clientWidth < scrollWidth - 1 };
      setClipped((now) => (now.start === next.start && now.end === next.end ? now : next));
    };
    const observer = new ResizeObserver(look);
    for (const sized of [box, ...box.children]) observer.observe(sized);
    box.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      box.removeEventListener("scroll", look);
    };
  }, [element]);
  return clipped;
}
