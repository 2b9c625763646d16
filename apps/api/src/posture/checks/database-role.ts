import { type Check, fail, failIfAny, pass, warn } from "../check.ts";
import { withLive } from "./with-live.ts";

const separate =
  "Give the owner of the database the right to make roles (CREATEROLE), or make the application's role yourself and name it in DATABASE_URL, the owner in DATABASE_OWNER_URL; then start Muniment again.";
const grantsOnly = `Revoke what it should not have. ${separate}`;

/** Tables whose rows belong to users, partitions included: reading one directly skips its parent's policies. */
const isReachable = ({ privileges }: { privileges: string[] }) => privileges.length > 0;

export const databaseRoleChecks: Check[] = [
  {
    id: "database.role-unprivileged",
    title: "The application's role has no special rights",
    group: "database",
    run: withLive(({ role, attributes }) =>
      failIfAny(
        attributes.map((attribute) => `${role} is ${attribute}`),
        role,
        separate,
      ),
    ),
  },
  {
    id: "database.role-memberships",
    title: "The application's role borrows no rights",
    group: "database",
    run: withLive(({ role, memberships }) =>
      failIfAny(
        memberships.map((other) => `${role} belongs to ${other}`),
        "it belongs to Muniment's own group only",
        grantsOnly,
      ),
    ),
  },
  {
    id: "database.role-no-alter",
    title: "The application cannot alter tables",
    group: "database",
    run: withLive(({ role, tables, mayCreateIn }) => {
      const owned = tables.filter((table) => table.owned).map(({ name }) => name);
      return failIfAny(
        [
          ...(owned.length > 0 ? [`${role} owns ${owned.slice(0, 5).join(", ")}`] : []),
          ...mayCreateIn.map((place) => `${role} may create in ${place}`),
        ],
        `${tables.length} tables belong to another role`,
        separate,
      );
    }),
  },
  {
    id: "database.audit-append-only",
    title: "The application cannot change or delete audit entries",
    group: "database",
    run: withLive(({ role, tables }) => {
      const audit = tables.find(({ name }) => name === "audit_entries");
      const harmful = (audit?.privileges ?? []).filter(
        (privilege) => privilege !== "SELECT" && privilege !== "INSERT",
      );
      return failIfAny(
        harmful.map((privilege) => `${role} may ${privilege} audit_entries`),
        "it may only read and append",
        grantsOnly,
      );
    }),
  },
  {
    id: "database.row-security",
    title: "The database keeps users apart by itself",
    group: "database",
    run: withLive(({ tables }) => {
      const reachable = tables.filter((table) => table.userOwned && isReachable(table));
      const open = reachable.filter(({ rowSecurity }) => !rowSecurity);
      return failIfAny(
        open.map(({ name }) => `${name} has no row-level security`),
        `row-level security on ${reachable.length} tables`,
        "ALTER TABLE ... ENABLE ROW LEVEL SECURITY on each, as their owner.",
      );
    }),
  },
  {
    id: "database.row-security-applies",
    title: "Row-level security applies to the application",
    group: "database",
    run: withLive(({ role, attributes, tables }) => {
      const bypass = attributes.filter((name) => name === "SUPERUSER" || name === "BYPASSRLS");
      const owned = tables.filter((table) => table.userOwned && table.owned);
      return failIfAny(
        [
          ...bypass.map((name) => `${name} exempts ${role}`),
          ...(owned.length > 0 ? [`${role} owns the tables, and owners are exempt`] : []),
        ],
        `${role} is not exempt`,
        separate,
      );
    }),
  },
  {
    id: "database.ingest-insert-only",
    title: "The role that stores events cannot read or change them",
    group: "database",
    run: withLive(({ ingestRoleExists, tables }) => {
      if (!ingestRoleExists) return fail("there is no such role", separate);
      const events = tables.filter(({ name }) => /^events(?:_\d{4}.*)?$/.test(name));
      const wrong = events.flatMap(({ name, ingestPrivileges }) =>
        ingestPrivileges
          .filter((privilege) => privilege !== "INSERT")
          .map((privilege) => `it may ${privilege} ${name}`),
      );
      return wrong.length > 0 ? fail(wrong.join("; "), grantsOnly) : pass("it may only insert");
    }),
  },
  {
    id: "database.sessions",
    title: "Nobody but Muniment's own roles is signed in",
    group: "database",
    run: withLive(({ otherSessions }) =>
      otherSessions.length === 0
        ? pass("the application's and the one that stores events")
        : warn(
            `${otherSessions.join(", ")} too`,
            "End that session. If it is the server's own, the owner's rights are in use at run time: its log says at the start what to grant.",
          ),
    ),
  },
];
