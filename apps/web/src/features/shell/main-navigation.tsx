import { can } from "@muniment/shared/permissions.ts";
import { Link } from "@tanstack/react-router";
import { adminPages, workPages } from "../../navigation.ts";
import { useMe } from "../../session.ts";
import { navLinkClass, Sidebar, SidebarGroup } from "../../ui/sidebar.tsx";
import { ThemeToggle } from "../../ui/theme-toggle.tsx";
import { AccountMenu } from "./account-menu.tsx";

/** Lists the pages that the signed-in role may see. */
export function MainNavigation({ onNavigate }: { onNavigate: () => void }) {
  const { role } = useMe();
  const links = (pages: typeof workPages) =>
    pages
      .filter((page) => can(role, page.permission))
      .map((page) => (
        <li key={page.to}>
          <Link
            to={page.to}
            activeOptions={{ exact: page.to === "/", includeSearch: false }}
            onClick={onNavigate}
            className={navLinkClass}
          >
            <page.icon aria-hidden />
            {page.label}
          </Link>
        </li>
      ));
  const admin = links(adminPages);
  return (
    <Sidebar
      footer={
        <>
          <AccountMenu onNavigate={onNavigate} />
          <div className="flex justify-end px-1">
            <ThemeToggle />
          </div>
        </>
      }
    >
      <SidebarGroup>{links(workPages)}</SidebarGroup>
      {admin.length > 0 && <SidebarGroup title="Administration">{admin}</SidebarGroup>}
    </Sidebar>
  );
}
