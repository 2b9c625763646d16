import { useRef } from "react";

/** Where the focus starts in a dialog, and where it goes back to; spread over the dialog's content. */
export function useDialogFocus(open: boolean) {
  const opener = useRef<HTMLElement | null>(null);
  const wasOpen = useRef(false);
  // While rendering, because what has the focus now may leave the page in the same update, as a menu does.
  if (open && !wasOpen.current) opener.current = openerOf(document.activeElement);
  wasOpen.current = open;

  return {
    onOpenAutoFocus(event: Event) {
      if (!(event.currentTarget instanceof Element)) return;
      // In the form; otherwise the corner button would come first.
      const control =
        event.currentTarget.querySelector<HTMLElement>("input, select, textarea") ??
        event.currentTarget.querySelector<HTMLElement>("form button");
      if (!control) return;
      event.preventDefault();
      control.focus();
    },
    onCloseAutoFocus(event: Event) {
      event.preventDefault();
      // After one dialog led to the next there is no opener left; the page's content takes the focus then.
      const target = opener.current?.isConnected ? opener.current : document.getElementById("main");
      target?.focus({ preventScroll: true });
    },
  };
}

/** What will still be there when the dialog closes: for an item of a menu, the menu's button. */
function openerOf(active: Element | null): HTMLElement | null {
  const menuButton = active?.closest("[role=menu]")?.getAttribute("aria-labelledby");
  const opener = menuButton ? document.getElementById(menuButton) : active;
  return opener instanceof HTMLElement && opener !== document.body ? opener : null;
}
