import type { User } from "@muniment/shared/users.ts";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { DeleteUserDialog } from "./delete-user-dialog.tsx";
import { RoleDialog } from "./role-dialog.tsx";
import { UserMenu } from "./user-menu.tsx";

/** The menu of one user with the dialogs that it opens, on the user's own page. */
export function UserActions({ user }: { user: User }) {
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<"role" | "delete" | null>(null);
  const close = () => setChosen(null);
  return (
    <>
      <UserMenu user={user} onChoose={setChosen} />
      <RoleDialog user={chosen === "role" ? user : null} onClose={close} />
      <DeleteUserDialog
        user={chosen === "delete" ? user : null}
        onClose={close}
        onDeleted={() => navigate({ to: "/admin/users" })}
      />
    </>
  );
}
