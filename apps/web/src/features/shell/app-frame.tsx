import { Outlet } from "@tanstack/react-router";
import { AppShell } from "../../ui/app-shell.tsx";
import { usePageFocus } from "../../use-page-focus.ts";
import { MainNavigation } from "./main-navigation.tsx";
import { Shortcuts } from "./shortcuts.tsx";

export function AppFrame() {
  usePageFocus();
  return (
    <>
      <AppShell sidebar={(close) => <MainNavigation onNavigate={close} />}>
        <Outlet />
      </AppShell>
      <Shortcuts />
    </>
  );
}
