import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { publicRoute } from "./public.tsx";

export const erasureRoute = createRoute({
  getParentRoute: () => publicRoute,
  path: "/erasure/$id",
  component: lazyRouteComponent(
    () => import("../features/data/certificate-page.tsx"),
    "CertificatePage",
  ),
});
