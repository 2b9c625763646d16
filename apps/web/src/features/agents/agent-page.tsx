import { PageHeader } from "../../ui/page-header.tsx";

export function AgentPage() {
  return <PageHeader title="AgentPage" />;
}
