import { createRouter } from "@tanstack/react-router";
import { NotFoundPage } from "./features/problems/not-found-page.tsx";
import { ProblemPage } from "./features/problems/problem-page.tsx";
import { accountRoute } from "./routes/account.tsx";
import { agentRoute } from "./routes/agent.tsx";
import { agentsRoute } from "./routes/agents.tsx";
import { alertRulesRoute } from "./routes/alert-rules.tsx";
import { alertsRoute } from "./routes/alerts.tsx";
import { appRoute } from "./routes/app.tsx";
import { auditRoute } from "./routes/audit.tsx";
import { confirmEmailRoute } from "./routes/confirm-email.tsx";
import { dataRoute } from "./routes/data.tsx";
import { enrollRoute } from "./routes/enroll.tsx";
import { erasureRoute } from "./routes/erasure.tsx";
import { eventsRoute } from "./routes/events.tsx";
import { exportsRoute } from "./routes/exports.tsx";
import { filesRoute } from "./routes/files.tsx";
import { forgotRoute } from "./routes/forgot.tsx";
import { importsRoute } from "./routes/imports.tsx";
import { insightsRoute } from "./routes/insights.tsx";
import { limitsRoute } from "./routes/limits.tsx";
import { indexRoute } from "./routes/overview.tsx";
import { postureRoute } from "./routes/posture.tsx";
import { publicRoute } from "./routes/public.tsx";
import { resetRoute } from "./routes/reset.tsx";
import { rootRoute } from "./routes/root.tsx";
import { setupRoute } from "./routes/setup.tsx";
import { signInRoute } from "./routes/sign-in.tsx";
import { signUpRoute } from "./routes/sign-up.tsx";
import { undoEmailRoute } from "./routes/undo-email.tsx";
import { userRoute } from "./routes/user.tsx";
import { usersRoute } from "./routes/users.tsx";
import { verifyRoute } from "./routes/verify.tsx";
import { webhookRoute } from "./routes/webhook.tsx";
import { webhooksRoute } from "./routes/webhooks.tsx";
import { witnessesRoute } from "./routes/witnesses.tsx";
import { PageSkeleton } from "./ui/skeleton.tsx";

const routeTree = rootRoute.addChildren([
  publicRoute.addChildren([
    enrollRoute,
    setupRoute,
    signInRoute,
    signUpRoute,
    forgotRoute,
    resetRoute,
    verifyRoute,
    confirmEmailRoute,
    undoEmailRoute,
    erasureRoute,
  ]),
  appRoute.addChildren([
    indexRoute,
    eventsRoute,
    insightsRoute,
    agentsRoute,
    agentRoute,
    alertRulesRoute,
    webhooksRoute,
    webhookRoute,
    exportsRoute,
    importsRoute,
    filesRoute,
    accountRoute,
    dataRoute,
    usersRoute,
    userRoute,
    alertsRoute,
    auditRoute,
    limitsRoute,
    witnessesRoute,
    postureRoute,
  ]),
]);

export const router = createRouter({
  routeTree,
  defaultPreload: "intent",
  // Freshness is the query client's business.
  defaultPreloadStaleTime: 0,
  defaultPendingMs: 150,
  defaultPendingMinMs: 250,
  defaultPendingComponent: PageSkeleton,
  defaultErrorComponent: ProblemPage,
  defaultNotFoundComponent: NotFoundPage,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
