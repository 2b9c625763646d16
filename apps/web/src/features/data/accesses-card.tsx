import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { loadMoreProps } from "../../paging.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { sentenceOf } from "./access-sentences.ts";
import { accessesQuery } from "./data-queries.ts";

const columns = [{ label: "When" }, { label: "Who" }, { label: "What" }] as const;

/** What others did with the account or saw of it. */
export function AccessesCard() {
  const query = useSuspenseInfiniteQuery(accessesQuery());
  const accesses = query.data.pages.flatMap((page) => page.items);
  return (
    <Card
      title="Who looked at your data"
      description="What others saw or changed of your account, from the audit log. What was only looked at appears within two minutes."
    >
      {accesses.length === 0 ? (
        <p className="text-sm text-muted">Nobody else has looked at your data.</p>
      ) : (
        <>
          <Table caption="Who looked at your data" columns={columns}>
            {accesses.map(({ id, at, actor, by, count, ...access }) => (
              <Row key={id}>
                <Cell>
                  <DateTime value={at} />
                </Cell>
                <Cell>
                  {by ? (
                    <>
                      {by.displayName} <Badge>{by.role}</Badge>
                    </>
                  ) : (
                    <span className="text-muted">
                      {actor === "system"
                        ? "the server or its operator"
                        : "somebody whose account is gone"}
                    </span>
                  )}
                </Cell>
                <Cell>
                  {sentenceOf(access)}
                  {count > 1 && <span className="text-muted">, {count} times in a minute</span>}
                </Cell>
              </Row>
            ))}
          </Table>
          <LoadMore
            shown={accesses.length}
            noun={{ one: "entry", many: "entries" }}
            {...loadMoreProps(query)}
          />
        </>
      )}
    </Card>
  );
}
