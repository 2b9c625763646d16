import { getRouteApi, Link } from "@tanstack/react-router";
import { BellPlus, Download } from "lucide-react";
import { EventsPage } from "../features/events/events-page.tsx";
import { ViewsMenu } from "../features/saved-views/views-menu.tsx";
import { Button } from "../ui/button.tsx";

const route = getRouteApi("/app/events");

/** The explorer with the person's views, and what else can be done with a search; each is a feature of its own. */
export function EventsRoutePage() {
  const query = route.useSearch({ select: (search) => search.query ?? "" });
  return (
    <EventsPage
      menu={
        <>
          <ViewsMenu />
          <Button asChild size="icon">
            <Link to="/alert-rules" search={{ query }} aria-label="Alert rule" title="Alert rule">
              <BellPlus aria-hidden />
            </Link>
          </Button>
          <Button asChild size="icon">
            <Link to="/exports" search={{ query }} aria-label="Export" title="Export">
              <Download aria-hidden />
            </Link>
          </Button>
        </>
      }
    />
  );
}
