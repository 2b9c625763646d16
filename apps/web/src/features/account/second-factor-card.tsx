import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMe } from "../../session.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Description, DescriptionList } from "../../ui/description-list.tsx";
import { toast } from "../../ui/toast.ts";
import { DisableTotpDialog } from "./disable-totp-dialog.tsx";
import { factorsQuery, refreshFactors } from "./factors-query.ts";
import { ReplaceRecoveryCodes } from "./replace-recovery-codes.tsx";
import { SetUpTotp } from "./set-up-totp.tsx";

/** The authenticator app, and the codes for the day it is lost. */
export function SecondFactorCard() {
  const { totpSince, recoveryCodesLeft, required } = useSuspenseQuery(factorsQuery()).data;
  const { secondFactor } = useMe();
  const [asking, setAsking] = useState(false);
  const done = async () => {
    await refreshFactors();
    toast.success("The authenticator app is on.");
  };
  return (
    <Card
      title="Second factor"
      description={
        required
          ? "Your role needs one: something beside the password to sign in with."
          : "Something beside the password to sign in with, so that a stolen password is not enough."
      }
    >
      <div className="grid gap-4">
        <DescriptionList>
          <Description term="State">
            {secondFactor ? <Badge tone="ok">on</Badge> : <Badge tone="warn">off</Badge>}
          </Description>
          <Description term="Authenticator app">
            {totpSince ? (
              <>
                since <DateTime value={totpSince} />
              </>
            ) : (
              "not set up"
            )}
          </Description>
          {secondFactor && (
            <Description term="Recovery codes">{recoveryCodesLeft} left</Description>
          )}
        </DescriptionList>
        <div className="flex flex-wrap gap-2">
          <SetUpTotp
            label={totpSince ? "Use another app" : "Set up an authenticator app"}
            onDone={() => void done()}
          />
          {totpSince && <Button onClick={() => setAsking(true)}>Turn off</Button>}
          {secondFactor && <ReplaceRecoveryCodes />}
        </div>
      </div>
      <DisableTotpDialog open={asking} onClose={() => setAsking(false)} />
    </Card>
  );
}
