import { createRootRoute, Outlet } from "@tanstack/react-router";
import { Reauthentication } from "../features/auth/reauthentication.tsx";
import { NotFoundPage } from "../features/problems/not-found-page.tsx";
import { ProblemPage } from "../features/problems/problem-page.tsx";
import { BareFrame } from "../ui/bare-frame.tsx";
import { Toaster } from "../ui/toaster.tsx";

export const rootRoute = createRootRoute({
  component: () => (
    <>
      <Outlet />
      <Reauthentication />
      <Toaster />
    </>
  ),
  errorComponent: (props) => (
    <BareFrame>
      <ProblemPage {...props} />
    </BareFrame>
  ),
  notFoundComponent: () => (
    <BareFrame>
      <NotFoundPage />
    </BareFrame>
  ),
});
