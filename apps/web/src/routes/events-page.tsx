import { EventsPage } from "../features/events/events-page.tsx";
import { ViewsMenu } from "../features/saved-views/views-menu.tsx";

/** The explorer with the person's views; each is a feature of its own. */
export function EventsRoutePage() {
  return <EventsPage menu={<ViewsMenu />} />;
}
