import { Link } from "@tanstack/react-router";

/** Pages where something can be done about a check, by its id. */
const cures: Record<
  string,
  {
    to: "/admin/users" | "/admin/limits" | "/admin/witnesses" | "/admin/alerts" | "/admin/audit";
    label: string;
  }
> = {
  "accounts.stored-hashes": { to: "/admin/users", label: "Users" },
  "accounts.administrator-count": { to: "/admin/users", label: "Users" },
  "accounts.second-factors": { to: "/admin/users", label: "Users" },
  "limits.overrides": { to: "/admin/limits", label: "Rate limits" },
  "audit.assurance": { to: "/admin/witnesses", label: "Witnesses" },
  "audit.witnesses": { to: "/admin/witnesses", label: "Witnesses" },
  "audit.sealed": { to: "/admin/audit", label: "Audit log" },
  "alerts.unresolved": { to: "/admin/alerts", label: "Alerts" },
};

/** The way to the page where a check can be cured, if there is one. */
export function CureLink({ id }: { id: string }) {
  const cure = cures[id];
  if (!cure) return null;
  return (
    <Link to={cure.to} className="whitespace-nowrap underline">
      {cure.label}
    </Link>
  );
}
