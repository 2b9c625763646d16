import { roles } from "@muniment/shared/permissions.ts";
import type { UseFormRegisterReturn } from "react-hook-form";
import { Fieldset } from "../../ui/field.tsx";
import { Radio } from "../../ui/radio.tsx";
import { roleDescriptions } from "./role-descriptions.ts";

type Props = { registration: UseFormRegisterReturn; error: string | undefined };

export function RoleField({ registration, error }: Props) {
  return (
    <Fieldset legend="Role" error={error}>
      {roles.map((role) => (
        <Radio
          key={role}
          {...registration}
          value={role}
          label={role}
          hint={roleDescriptions[role]}
        />
      ))}
    </Fieldset>
  );
}
