import { accountRouter } from "./features/account/router.ts";
import { agentsRouter } from "./features/agents/router.ts";
import { alertRulesRouter } from "./features/alert-rules/router.ts";
import { alertsRouter } from "./features/alerts/router.ts";
import { apiKeysRouter } from "./features/api-keys/router.ts";
import { auditRouter } from "./features/audit/router.ts";
import { authRouter } from "./features/auth/router.ts";
import { dataRouter } from "./features/data/router.ts";
import { eventsRouter } from "./features/events/router.ts";
import { exportsRouter } from "./features/exports/router.ts";
import { importsRouter } from "./features/imports/router.ts";
import { insightsRouter } from "./features/insights/router.ts";
import { limitsRouter } from "./features/limits/router.ts";
import { postureRouter } from "./features/posture/router.ts";
import { savedViewsRouter } from "./features/saved-views/router.ts";
import { sessionsRouter } from "./features/sessions/router.ts";
import { setupRouter } from "./features/setup/router.ts";
import { tokensRouter } from "./features/tokens/router.ts";
import { uploadsRouter } from "./features/uploads/router.ts";
import { usersRouter } from "./features/users/router.ts";
import { webhooksRouter } from "./features/webhooks/router.ts";
import { witnessesRouter } from "./features/witnesses/router.ts";
import { router } from "./trpc/init.ts";

export const appRouter = router({
  account: accountRouter,
  agents: agentsRouter,
  alertRules: alertRulesRouter,
  alerts: alertsRouter,
  apiKeys: apiKeysRouter,
  audit: auditRouter,
  auth: authRouter,
  data: dataRouter,
  events: eventsRouter,
  exports: exportsRouter,
  imports: importsRouter,
  insights: insightsRouter,
  limits: limitsRouter,
  posture: postureRouter,
  savedViews: savedViewsRouter,
  sessions: sessionsRouter,
  setup: setupRouter,
  tokens: tokensRouter,
  uploads: uploadsRouter,
  users: usersRouter,
  webhooks: webhooksRouter,
  witnesses: witnessesRouter,
});

export type AppRouter = typeof appRouter;
