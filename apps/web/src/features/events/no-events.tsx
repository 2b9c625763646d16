import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Activity } from "lucide-react";
import { namedAgentsQuery } from "../../agent-names.ts";
import { SendCommands } from "../../send-commands.tsx";
import { useDenial } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Spinner } from "../../ui/spinner.tsx";

/** The whole page while no event has ever come in. */
export function NoEvents() {
  const agents = useSuspenseQuery(namedAgentsQuery).data.items;
  const denial = useDenial("agents:write");
  if (denial && agents.length === 0) {
    return (
      <EmptyState icon={Activity} title="You have no events">
        Events belong to the person whose agents send them. Your role reads, it does not register
        agents.
      </EmptyState>
    );
  }
  const [first] = agents;
  return (
    <EmptyState
      icon={Activity}
      title="No event has come in yet"
      action={
        <Button variant="primary" asChild>
          {first ? (
            <Link to="/agents/$id" params={{ id: first.id }}>
              Open {first.name}
            </Link>
          ) : (
            <Link to="/agents">Register an agent</Link>
          )}
        </Button>
      }
    >
      <p>
        {first ? "Give an agent an API key" : "Register an agent, give it an API key"}, and send
        something with it:
      </p>
      <div className="mt-3 w-[min(28rem,calc(100vw-6rem))]">
        <SendCommands />
      </div>
      <p className="mt-3 flex items-center justify-center gap-2">
        <Spinner /> Waiting for the first event
      </p>
    </EmptyState>
  );
}
