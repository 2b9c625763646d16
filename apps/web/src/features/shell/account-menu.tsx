import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronsUpDown, FileUser, LogOut, UserCog } from "lucide-react";
import { messageOf } from "../../errors.ts";
import { leave, useMe } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Dropdown, DropdownItem, DropdownSeparator } from "../../ui/dropdown.tsx";
import { toast } from "../../ui/toast.ts";

export function AccountMenu({ onNavigate }: { onNavigate: () => void }) {
  const me = useMe();
  const signOut = useMutation(
    trpc.auth.signOut.mutationOptions({
      onSuccess: () => leave(),
      onError: (error) => toast.error(messageOf(error) ?? ""),
    }),
  );
  return (
    <Dropdown
      side="top"
      align="start"
      trigger={
        <button
          type="button"
          className="flex items-center gap-2.5 rounded-md px-2 py-1.5 text-left hover:bg-line/60"
        >
          <span
            aria-hidden
            className="grid size-7 shrink-0 place-items-center rounded-full bg-accent-soft text-xs font-semibold text-accent uppercase"
          >
            {me.displayName.slice(0, 1)}
          </span>
          <span className="min-w-0 grow">
            <span className="sr-only">Account menu of </span>
            <span className="block truncate text-sm font-medium">{me.displayName}</span>
            <span className="block truncate text-xs text-muted">{me.email}</span>
          </span>
          <ChevronsUpDown aria-hidden className="size-4 shrink-0 text-faint" />
        </button>
      }
    >
      <DropdownItem asChild>
        <Link to="/account" onClick={onNavigate}>
          <UserCog aria-hidden />
          Account & security
        </Link>
      </DropdownItem>
      <DropdownItem asChild>
        <Link to="/data" onClick={onNavigate}>
          <FileUser aria-hidden />
          Your data
        </Link>
      </DropdownItem>
      <DropdownSeparator />
      <DropdownItem onSelect={() => signOut.mutate()}>
        <LogOut aria-hidden />
        Sign out
      </DropdownItem>
    </Dropdown>
  );
}
