// First, because schemas ask for it when they are made.
import "./zod-config.ts";

import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { TRPCClientError } from "@trpc/client";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient, whenSessionLost } from "./query-client.ts";
import { router } from "./router.tsx";
import { believedSignedIn, leave, NotPermittedError } from "./session.ts";
import { TooltipProvider } from "./ui/tooltip.tsx";
import "./styles.css";

whenSessionLost(() => {
  if (believedSignedIn()) leave(router.state.location.href);
});

const container = document.getElementById("root");
if (!container) throw new Error("index.html has no #root");

createRoot(container, {
  // A refused page and a call that failed are explained on the page; they are no fault of the program.
  onCaughtError: (error) => {
    if (error instanceof NotPermittedError || error instanceof TRPCClientError) return;
    reportError(error);
  },
}).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <TooltipProvider delayDuration={300}>
        <RouterProvider router={router} />
      </TooltipProvider>
    </QueryClientProvider>
  </StrictMode>,
);
