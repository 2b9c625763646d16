import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { AuthCard } from "./ui/auth-card.tsx";
import { Button } from "./ui/button.tsx";

type Next = { to: "/sign-in" | "/account"; label: string };

/** Says what a link has done, and offers the next step: signing in, unless said otherwise. */
export function LinkDoneCard({
  title,
  next = { to: "/sign-in", label: "Sign in" },
  children,
}: {
  title: string;
  next?: Next;
  children: ReactNode;
}) {
  return (
    <AuthCard title={title} lead={<p aria-live="polite">{children}</p>}>
      <Button asChild variant="primary" size="lg" className="w-full">
        <Link to={next.to}>{next.label}</Link>
      </Button>
    </AuthCard>
  );
}
