import { roles } from "@muniment/shared/permissions.ts";
import { userStatus } from "@muniment/shared/users.ts";
import { SearchInput } from "../../ui/search-input.tsx";
import { Select } from "../../ui/select.tsx";
import { useDebounced } from "../../ui/use-debounced.ts";
import type { UserFilters } from "./users-query.ts";

type Props = { filters: UserFilters; onChange: (change: Partial<UserFilters>) => void };

/** Narrows the list of users by text, status and role. */
export function UserFilterBar({ filters, onChange }: Props) {
  const search = useDebounced((value: string) => onChange({ text: value.trim() }), 250);
  return (
    <div className="mb-3 flex flex-wrap gap-2">
      <div className="w-full max-w-sm">
        <SearchInput
          aria-label="Search users"
          placeholder="Search by name or e-mail"
          defaultValue={filters.text}
          maxLength={100}
          onChange={(event) => search(event.target.value)}
        />
      </div>
      <Select
        aria-label="Status"
        className="w-36"
        value={filters.status ?? ""}
        onChange={(event) => onChange({ status: userStatus.safeParse(event.target.value).data })}
      >
        <option value="">Any status</option>
        {userStatus.options.map((status) => (
          <option key={status} value={status}>
            {status}
          </option>
        ))}
      </Select>
      <Select
        aria-label="Role"
        className="w-36"
        value={filters.role ?? ""}
        onChange={(event) => onChange({ role: roles.find((role) => role === event.target.value) })}
      >
        <option value="">Any role</option>
        {roles.map((role) => (
          <option key={role} value={role}>
            {role}
          </option>
        ))}
      </Select>
    </div>
  );
}
