import type { User } from "@muniment/shared/users.ts";
import { useMutation } from "@tanstack/react-query";
import { Ellipsis } from "lucide-react";
import { messageOf } from "../../errors.ts";
import { queryClient } from "../../query-client.ts";
import { useDenial, useMe } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { Dropdown, DropdownItem, DropdownSeparator } from "../../ui/dropdown.tsx";
import { toast } from "../../ui/toast.ts";

type Props = { user: User; onChoose: (action: "role" | "delete") => void };

export function UserMenu({ user, onChoose }: Props) {
  const me = useMe();
  const denial = useDenial("users:write");
  const own = user.id === me.id ? "Not to your own account." : undefined;

  const done = (sentence: string) => ({
    onSuccess: async () => {
      await queryClient.invalidateQueries(trpc.users.pathFilter());
      toast.success(sentence);
    },
    onError: (error: unknown) => toast.error(messageOf(error) ?? ""),
  });
  const name = user.displayName;
  const disable = useMutation(
    trpc.users.disable.mutationOptions(done(`${name} is disabled and signed out everywhere.`)),
  );
  const enable = useMutation(trpc.users.enable.mutationOptions(done(`${name} can sign in again.`)));
  const unlock = useMutation(
    trpc.users.unlock.mutationOptions(done(`Failed sign-in attempts of ${name} are forgotten.`)),
  );
  const revokeSessions = useMutation(
    trpc.users.revokeSessions.mutationOptions(done(`${name} is signed out everywhere.`)),
  );
  const input = { id: user.id };
  const disabled = user.status === "disabled";
  return (
    <Dropdown
      trigger={
        <Button variant="ghost" size="iconSm" aria-label={`Actions for ${name}`}>
          <Ellipsis aria-hidden />
        </Button>
      }
    >
      <DropdownItem disabledReason={denial} onSelect={() => onChoose("role")}>
        Change role
      </DropdownItem>
      <DropdownItem disabledReason={denial} onSelect={() => unlock.mutate(input)}>
        Unlock sign-in
      </DropdownItem>
      <DropdownItem disabledReason={denial} onSelect={() => revokeSessions.mutate(input)}>
        Sign out everywhere
      </DropdownItem>
      <DropdownItem
        disabledReason={denial ?? own}
        onSelect={() => (disabled ? enable : disable).mutate(input)}
      >
        {disabled ? "Enable" : "Disable"}
      </DropdownItem>
      <DropdownSeparator />
      <DropdownItem danger disabledReason={denial ?? own} onSelect={() => onChoose("delete")}>
        Delete
      </DropdownItem>
    </Dropdown>
  );
}
