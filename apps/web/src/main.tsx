// First, because schemas ask for it when they are made.
import "./zod-config.ts";

import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { reasonOf } from "./errors.ts";
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
  // What a page explains to the person is not a fault of the program.
  onCaughtError: (error) => {
    if (!(error instanceof NotPermittedError) && reasonOf(error) === null) reportError(error);
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
