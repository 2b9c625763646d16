import { createRoute, redirect } from "@tanstack/react-router";
import { ProblemPage } from "../features/problems/problem-page.tsx";
import { AppFrame } from "../features/shell/app-frame.tsx";
import { requireSession } from "../session.ts";
import { AppShell } from "../ui/app-shell.tsx";
import { BareFrame } from "../ui/bare-frame.tsx";
import { PageSkeleton } from "../ui/skeleton.tsx";
import { rootRoute } from "./root.tsx";

/** Everything that needs somebody signed in; `context.me` is who. */
export const appRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "app",
  beforeLoad: async ({ location }) => {
    const me = await requireSession(location.href);
    if (me.mustEnroll) throw redirect({ to: "/enroll" });
    return { me };
  },
  component: AppFrame,
  pendingComponent: () => (
    <AppShell sidebar={() => null}>
      <PageSkeleton />
    </AppShell>
  ),
  errorComponent: (props) => (
    <BareFrame>
      <ProblemPage {...props} />
    </BareFrame>
  ),
});
