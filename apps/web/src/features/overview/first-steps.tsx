import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Activity, Check } from "lucide-react";
import type { ReactNode } from "react";
import { namedAgentsQuery } from "../../agent-names.ts";
import { SendCommands } from "../../send-commands.tsx";
import { useDenial } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { cx } from "../../ui/class-names.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Spinner } from "../../ui/spinner.tsx";

const refreshMilliseconds = 5000;

/** The way to the first event, as long as there is none. */
export function FirstSteps() {
  const agents = useSuspenseQuery({ ...namedAgentsQuery, refetchInterval: refreshMilliseconds })
    .data.items;
  const denial = useDenial("agents:write");
  const agent = agents.find(({ activeKeyCount }) => activeKeyCount > 0) ?? agents[0];
  const hasKey = (agent?.activeKeyCount ?? 0) > 0;
  const mayAudit = useDenial("audit:read") === undefined;
  if (denial) {
    return (
      <EmptyState
        icon={Activity}
        title="You have no events of your own"
        action={
          mayAudit && (
            <Button asChild>
              <Link to="/admin/audit">Open the audit log</Link>
            </Button>
          )
        }
      >
        Events belong to the person whose agents send them. {denial}
      </EmptyState>
    );
  }
  return (
    <Card title="Three steps to the first event">
      <ol className="grid gap-5">
        <Step number={1} title="Register an agent" done={agent !== undefined} current={!agent}>
          <p>An app, a service, a script, or an AI agent: one thing that sends events.</p>
          {!agent && (
            <StepButton>
              <Link to="/agents">Register an agent</Link>
            </StepButton>
          )}
        </Step>
        <Step number={2} title="Give it an API key" done={hasKey} current={!!agent && !hasKey}>
          <p>It is shown once, together with commands to paste.</p>
          {agent && !hasKey && (
            <StepButton>
              <Link to="/agents/$id" params={{ id: agent.id }}>
                Make a key for {agent.name}
              </Link>
            </StepButton>
          )}
        </Step>
        <Step number={3} title="Send something" done={false} current={hasKey}>
          <p>With the key in place of mnt_…:</p>
          <div className="mt-2 max-w-xl">
            <SendCommands />
          </div>
          {hasKey && (
            <p role="status" className="mt-2 flex items-center gap-2">
              <Spinner /> Waiting for the first event
            </p>
          )}
        </Step>
      </ol>
    </Card>
  );
}

type StepProps = {
  number: number;
  title: string;
  done: boolean;
  current: boolean;
  children: ReactNode;
};

function Step({ number, title, done, current, children }: StepProps) {
  return (
    <li aria-current={current ? "step" : undefined} className="flex gap-3">
      <span
        aria-hidden
        className={cx(
          "grid size-6 shrink-0 place-items-center rounded-full border text-xs font-semibold",
          done && "border-transparent bg-ok-soft text-ok",
          current && "border-accent text-accent",
          !done && !current && "text-faint",
        )}
      >
        {done ? <Check className="size-3.5" /> : number}
      </span>
      <div className="min-w-0 grow text-sm text-muted">
        <h3 className={cx("text-base font-medium", (done || current) && "text-ink")}>
          {title}
          {done && <span className="sr-only"> (done)</span>}
        </h3>
        {children}
      </div>
    </li>
  );
}

function StepButton({ children }: { children: ReactNode }) {
  return (
    <Button variant="primary" size="sm" asChild className="mt-2">
      {children}
    </Button>
  );
}
