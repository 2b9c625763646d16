import { lazy, Suspense } from "react";
import { useReauthenticationRequested } from "../../reauthentication.ts";

// Loaded when first needed: it brings the form library along.
const ReauthenticationDialog = lazy(() =>
  import("./reauthentication-dialog.tsx").then((module) => ({
    default: module.ReauthenticationDialog,
  })),
);

/** Asks for the password whenever a mutation needs a fresh authentication; that mutation then runs again. */
export function Reauthentication() {
  if (!useReauthenticationRequested()) return null;
  return (
    <Suspense fallback={null}>
      <ReauthenticationDialog />
    </Suspense>
  );
}
