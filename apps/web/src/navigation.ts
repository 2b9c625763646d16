import type { Permission } from "@muniment/shared/permissions.ts";
import {
  Activity,
  BellRing,
  Bot,
  Download,
  FileBox,
  FileUser,
  Gauge,
  LayoutDashboard,
  Lightbulb,
  type LucideIcon,
  ScrollText,
  ShieldCheck,
  Siren,
  Stamp,
  Upload,
  UserCog,
  Users,
  Webhook,
} from "lucide-react";

type Page = {
  to:
    | "/"
    | "/events"
    | "/insights"
    | "/agents"
    | "/alert-rules"
    | "/webhooks"
    | "/files"
    | "/exports"
    | "/imports"
    | "/account"
    | "/data"
    | "/admin/users"
    | "/admin/alerts"
    | "/admin/audit"
    | "/admin/witnesses"
    | "/admin/limits"
    | "/admin/posture";
  label: string;
  icon: LucideIcon;
  /** The page is listed for roles with this permission only. */
  permission: Permission;
  /** Pressed after `g`, goes there. */
  key: string;
};

export const workPages: readonly Page[] = [
  { to: "/", label: "Overview", icon: LayoutDashboard, permission: "events:read", key: "o" },
  { to: "/events", label: "Events", icon: Activity, permission: "events:read", key: "e" },
  { to: "/insights", label: "Insights", icon: Lightbulb, permission: "events:read", key: "i" },
  { to: "/agents", label: "Agents", icon: Bot, permission: "agents:read", key: "a" },
  {
    to: "/alert-rules",
    label: "Alert rules",
    icon: BellRing,
    permission: "alertRules:read",
    key: "n",
  },
  { to: "/webhooks", label: "Webhooks", icon: Webhook, permission: "webhooks:read", key: "h" },
  { to: "/imports", label: "Imports", icon: Upload, permission: "events:write", key: "m" },
  { to: "/files", label: "Files", icon: FileBox, permission: "uploads:read", key: "f" },
  { to: "/exports", label: "Exports", icon: Download, permission: "events:read", key: "x" },
];

export const adminPages: readonly Page[] = [
  { to: "/admin/users", label: "Users", icon: Users, permission: "users:read", key: "u" },
  { to: "/admin/alerts", label: "Alerts", icon: Siren, permission: "alerts:read", key: "w" },
  { to: "/admin/audit", label: "Audit log", icon: ScrollText, permission: "audit:read", key: "l" },
  {
    to: "/admin/witnesses",
    label: "Witnesses",
    icon: Stamp,
    permission: "audit:read",
    key: "t",
  },
  { to: "/admin/limits", label: "Rate limits", icon: Gauge, permission: "limits:read", key: "r" },
  {
    to: "/admin/posture",
    label: "Security posture",
    icon: ShieldCheck,
    permission: "posture:read",
    key: "p",
  },
];

export const ownPages: readonly Page[] = [
  {
    to: "/account",
    label: "Account & security",
    icon: UserCog,
    permission: "account:write",
    key: "s",
  },
  { to: "/data", label: "Your data", icon: FileUser, permission: "data:read", key: "d" },
];

export const allPages: readonly Page[] = [...workPages, ...adminPages, ...ownPages];
