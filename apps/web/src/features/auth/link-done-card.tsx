import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { AuthCard } from "../../ui/auth-card.tsx";
import { Button } from "../../ui/button.tsx";

/** Says what a link has done; signing in is the next step. */
export function LinkDoneCard({ title, children }: { title: string; children: ReactNode }) {
  return (
    <AuthCard title={title} lead={<p aria-live="polite">{children}</p>}>
      <Button asChild variant="primary" size="lg" className="w-full">
        <Link to="/sign-in">Sign in</Link>
      </Button>
    </AuthCard>
  );
}
