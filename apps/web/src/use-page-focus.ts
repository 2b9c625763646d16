import { useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

/** Gives a page's frame, which has a `#main`, what a document of its own would do for who uses no mouse. */
export function usePageFocus() {
  useFocusOnNavigation();
  useFocusAfterRemoval();
}

const focus = (element: HTMLElement | null | undefined) => element?.focus({ preventScroll: true });

/** Moves the focus to the new page, as loading a document would; a screen reader then starts there. */
function useFocusOnNavigation() {
  const pathname = useLocation({ select: (location) => location.pathname });
  const previous = useRef(pathname);
  useEffect(() => {
    if (previous.current === pathname) return;
    previous.current = pathname;
    const main = document.getElementById("main");
    // A form may have taken it to its first field.
    if (!main?.contains(document.activeElement)) focus(main);
  }, [pathname]);
}

/**
 * When what has the focus leaves the page, as a row by its own button, gives the focus to the nearest
 * thing around it that is still there and takes it: the table, else the page.
 */
function useFocusAfterRemoval() {
  useEffect(() => {
    let focused: Element | null = null;
    let around: HTMLElement[] = [];
    const onFocusIn = ({ target }: FocusEvent) => {
      focused = target instanceof Element ? target : null;
      around = [];
      for (let at = focused?.parentElement; at; at = at.parentElement) {
        if (at.hasAttribute("tabindex")) around.push(at);
      }
    };
    // Where the reader has put it away, what they left may go without them.
    const onFocusOut = ({ target }: FocusEvent) =>
      setTimeout(() => {
        if (target === focused && focused?.isConnected) focused = null;
      });
    const observer = new MutationObserver(() => {
      if (!focused || focused.isConnected) return;
      focused = null;
      // Menus and dialogs that close give it back by themselves, in a turn of their own.
      setTimeout(() => {
        if (document.activeElement !== document.body) return;
        focus(around.find((element) => element.isConnected) ?? document.getElementById("main"));
      });
    });
    document.addEventListener("focusin", onFocusIn);
    document.addEventListener("focusout", onFocusOut);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => {
      document.removeEventListener("focusin", onFocusIn);
      document.removeEventListener("focusout", onFocusOut);
      observer.disconnect();
    };
  }, []);
}
