import { createRoute, Outlet } from "@tanstack/react-router";
import { BareFrame } from "../ui/bare-frame.tsx";
import { usePageFocus } from "../use-page-focus.ts";
import { rootRoute } from "./root.tsx";

/** Pages for people who are not signed in. */
export const publicRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "public",
  component: PublicFrame,
});

function PublicFrame() {
  usePageFocus();
  return (
    <BareFrame>
      <Outlet />
    </BareFrame>
  );
}
