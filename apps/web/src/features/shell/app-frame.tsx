import { Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { AppShell } from "../../ui/app-shell.tsx";
import { MainNavigation } from "./main-navigation.tsx";
import { Shortcuts } from "./shortcuts.tsx";

export function AppFrame() {
  useFocusOnNavigation();
  return (
    <>
      <AppShell sidebar={(close) => <MainNavigation onNavigate={close} />}>
        <Outlet />
      </AppShell>
      <Shortcuts />
    </>
  );
}

/** Moves the focus to the new page, as loading a document would; a screen reader then starts there. */
function useFocusOnNavigation() {
  const pathname = useLocation({ select: (location) => location.pathname });
  const previous = useRef(pathname);
  useEffect(() => {
    if (previous.current === pathname) return;
    previous.current = pathname;
    document.getElementById("main")?.focus({ preventScroll: true });
  }, [pathname]);
}
