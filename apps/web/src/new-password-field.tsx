import { judgePassword, type PasswordJudgement } from "@muniment/shared/password-strength.ts";
import { type PasswordSetting, wordsToAvoid } from "@muniment/shared/passwords.ts";
import { useEffect, useState } from "react";
import type { UseFormRegisterReturn } from "react-hook-form";
import { Field } from "./ui/field.tsx";
import { PasswordInput } from "./ui/password-input.tsx";
import { StrengthMeter } from "./ui/strength-meter.tsx";

type Props = {
  label: string;
  registration: UseFormRegisterReturn;
  error: string | undefined;
  /** What is typed so far. */
  value: string;
  /** The least code points that the server will take. */
  minimum: number;
  owner: Pick<PasswordSetting, "email" | "displayName">;
};

/** The judgement of what is typed, by the rules and lists that the server applies too. */
function useJudgement({ value, minimum, owner }: Pick<Props, "value" | "minimum" | "owner">) {
  const [judgement, setJudgement] = useState<PasswordJudgement | null>(null);
  const { email, displayName } = owner;
  useEffect(() => {
    let isCurrent = true;
    const show = (judged: PasswordJudgement | null) => isCurrent && setJudgement(judged);
    const avoid = wordsToAvoid({ email, displayName, host: location.hostname });
    const judge = () => judgePassword(value, { minimumCodePoints: minimum, avoid });
    // Without the word lists there is no meter; the server judges in any case.
    const timer = setTimeout(
      () => void (value ? judge().then(show, () => show(null)) : show(null)),
      200,
    );
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [value, minimum, email, displayName]);
  return judgement;
}

/** The field of every form that sets a password, with a meter that says what is wrong with it. */
export function NewPasswordField({ label, registration, error, value, minimum, owner }: Props) {
  const judgement = useJudgement({ value, minimum, owner });
  return (
    <div className="grid gap-2">
      <Field
        label={label}
        hint={`At least ${minimum} characters. A few random words are good; no digits or signs are demanded.`}
        error={error}
      >
        {(control) => <PasswordInput {...control} {...registration} autoComplete="new-password" />}
      </Field>
      {judgement && (
        <StrengthMeter
          label="Strength of the password"
          score={judgement.score}
          explanation={judgement.problem ?? "Hard to guess."}
        />
      )}
    </div>
  );
}
