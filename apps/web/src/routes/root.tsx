import { createRootRoute, Outlet } from "@tanstack/react-router";
import { ReauthenticationDialog } from "../features/auth/reauthentication-dialog.tsx";
import { Toaster } from "../ui/toaster.tsx";

export const rootRoute = createRootRoute({ component: Root });

function Root() {
  return (
    <>
      <Outlet />
      <ReauthenticationDialog />
      <Toaster />
    </>
  );
}
