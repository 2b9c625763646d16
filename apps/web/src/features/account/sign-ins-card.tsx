import { deviceName } from "@muniment/shared/device-name.ts";
import type { SignInOutcome } from "@muniment/shared/sign-ins.ts";
import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { loadMoreProps } from "../../paging.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { signInsQuery } from "./sign-ins-query.ts";

const outcomes = {
  signed_in: { label: "signed in", tone: "ok" },
  wrong_password: { label: "wrong password", tone: "warn" },
  wrong_code: { label: "wrong code", tone: "danger" },
} as const satisfies Record<SignInOutcome, { label: string; tone: Tone }>;

const columns = [
  { label: "When" },
  { label: "Outcome" },
  { label: "Device" },
  { label: "Address" },
] as const;

/** Who tried to sign in to this account lately, and whether they did. */
export function SignInsCard() {
  const query = useSuspenseInfiniteQuery(signInsQuery());
  const signIns = query.data.pages.flatMap((page) => page.items);
  return (
    <Card
      title="Recent sign-ins"
      description="Of the last 90 days, attempts included. A wrong code means that somebody knew your password: if it was not you, change it."
    >
      {signIns.length === 0 ? (
        <p className="text-sm text-muted">Nobody has signed in since this list is kept.</p>
      ) : (
        <Table caption="Attempts to sign in" columns={columns}>
          {signIns.map(({ id, at, outcome, userAgent, address }) => (
            <Row key={id}>
              <Cell>
                <DateTime value={at} />
              </Cell>
              <Cell>
                <Badge tone={outcomes[outcome].tone}>{outcomes[outcome].label}</Badge>
              </Cell>
              <Cell title={userAgent} className="whitespace-nowrap">
                {deviceName(userAgent)}
              </Cell>
              <Cell className="font-mono text-xs">{address}</Cell>
            </Row>
          ))}
        </Table>
      )}
      <LoadMore
        shown={signIns.length}
        noun={{ one: "sign-in", many: "sign-ins" }}
        {...loadMoreProps(query)}
      />
    </Card>
  );
}
