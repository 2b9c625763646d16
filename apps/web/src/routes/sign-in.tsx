import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { z } from "zod";
import { queryClient } from "../query-client.ts";
import { safeReturnPath } from "../return-path.ts";
import { believedSignedIn } from "../session.ts";
import { trpc } from "../trpc.ts";
import { publicRoute } from "./public.tsx";

const search = z.object({
  /** The path to go to afterwards. */
  from: z.string().max(4096).optional().catch(undefined),
  /** Whether the session ended while somebody was at work. */
  lost: z.boolean().optional().catch(undefined),
});

export const signInRoute = createRoute({
  getParentRoute: () => publicRoute,
  path: "/sign-in",
  validateSearch: search,
  beforeLoad: ({ search: { from } }) => {
    if (believedSignedIn()) throw redirect({ href: safeReturnPath(from, location.origin) });
  },
  loader: () => queryClient.ensureQueryData(trpc.setup.status.queryOptions()),
  component: lazyRouteComponent(() => import("../features/auth/sign-in-page.tsx"), "SignInPage"),
});
