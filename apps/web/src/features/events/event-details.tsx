import type { Scalar } from "@muniment/shared/event-query/query.ts";
import type { Event } from "@muniment/shared/events.ts";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useAgentNames } from "../../agent-names.ts";
import { toSpan } from "../../event-range.ts";
import { LevelBadge } from "../../level-badge.tsx";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Description, DescriptionList } from "../../ui/description-list.tsx";
import { EventFiles } from "./event-files.tsx";
import { EventTime } from "./event-time.tsx";
import { PropsTree } from "./props-tree.tsx";
import { useUpdate } from "./use-explorer.ts";
import { ValueFilter } from "./value-filter.tsx";

const aroundMilliseconds = 5 * 60_000;

/** Every field of an event, with a way to ask for the same value. */
export function EventDetails({ event }: { event: Event }) {
  const agentName = useAgentNames();
  const update = useUpdate();
  const time = Date.parse(event.occurredAt);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
      {event.message !== null && (
        <p
          dir="auto"
          className="rounded-md border bg-sunken px-3 py-2 font-mono text-xs leading-5 wrap-anywhere whitespace-pre-wrap"
        >
          {event.message}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <CopyButton text={JSON.stringify(event, null, 2)} label="Copy JSON" withLabel />
        <CopyButton text={location.href} label="Copy link" withLabel />
        <Button
          size="sm"
          title="Everything within five minutes before and after"
          onClick={() =>
            update({
              query: undefined,
              ...toSpan(time - aroundMilliseconds, time + aroundMilliseconds),
              range: undefined,
              live: undefined,
            })
          }
        >
          What happened around it
        </Button>
      </div>
      <DescriptionList>
        <Description term="Occurred">
          <EventTime value={event.occurredAt} milliseconds />
        </Description>
        <Description term="Received">
          <EventTime value={event.receivedAt} milliseconds />
        </Description>
        <Row term="Level" field="level" value={event.level}>
          <LevelBadge level={event.level} />
        </Row>
        <Row term="Type" field="type" value={event.type} />
        <Row term="Agent" field="agentId" value={event.agentId}>
          <Link
            to="/agents/$id"
            params={{ id: event.agentId }}
            className="text-accent hover:underline"
          >
            {agentName(event.agentId)}
          </Link>
        </Row>
        {event.subject !== null && <Row term="Subject" field="subject" value={event.subject} />}
        {event.traceId !== null && <Row term="Trace id" field="traceId" value={event.traceId} />}
        {event.seq !== null && <Description term="Sequence">{event.seq}</Description>}
        <Description term="Id">
          <span className="flex items-center gap-1">
            <code className="min-w-0 truncate font-mono text-xs">{event.id}</code>
            <CopyButton text={event.id} label="Copy the id" />
          </span>
        </Description>
      </DescriptionList>
      {Object.keys(event.props).length > 0 && (
        <section aria-labelledby="event-props">
          <h3 id="event-props" className="mb-1.5 text-sm font-semibold">
            Properties
          </h3>
          <PropsTree props={event.props} />
        </section>
      )}
      <EventFiles eventId={event.id} />
    </div>
  );
}

function Row(props: { term: string; field: string; value: Scalar; children?: ReactNode }) {
  return (
    <Description term={props.term}>
      <span className="flex items-start gap-1">
        <span className="min-w-0 wrap-anywhere">
          {props.children ?? <code className="font-mono text-xs">{String(props.value)}</code>}
        </span>
        <ValueFilter field={props.field} value={props.value} />
      </span>
    </Description>
  );
}
