import { Menu, X } from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useRef, useState } from "react";
import { Button } from "./button.tsx";
import { Wordmark } from "./logo.tsx";

type Props = {
  /** The navigation; `close` is called by its links so that the drawer of a narrow window closes. */
  sidebar: (close: () => void) => ReactNode;
  children: ReactNode;
};

/** Sidebar and main area; on a narrow window the sidebar is a drawer behind a menu button. */
export function AppShell({ sidebar, children }: Props) {
  const [open, setOpen] = useState(false);
  const isLeft = useRef(false);
  const leave = () => {
    isLeft.current = true;
    setOpen(false);
  };
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[14.5rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded-md bg-accent px-3 py-1.5 text-sm font-medium text-on-accent focus:translate-y-0"
      >
        Skip to the content
      </a>
      <aside className="sticky top-0 hidden h-dvh flex-col border-r bg-sunken lg:flex">
        {sidebar(() => {})}
      </aside>
      <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b bg-canvas px-3 lg:hidden">
        <Dialog.Root open={open} onOpenChange={setOpen}>
          <Dialog.Trigger asChild>
            <Button variant="ghost" size="icon" aria-label="Open the menu">
              <Menu aria-hidden />
            </Button>
          </Dialog.Trigger>
          <Dialog.Portal>
            <Dialog.Overlay className="fixed inset-0 z-40 bg-shade" />
            <Dialog.Content
              aria-describedby={undefined}
              onCloseAutoFocus={(event) => {
                // The page that a link led to has the focus, not the button of the menu.
                if (!isLeft.current) return;
                isLeft.current = false;
                event.preventDefault();
                document.getElementById("main")?.focus({ preventScroll: true });
              }}
              className="fixed inset-y-0 left-0 z-40 flex w-[min(17rem,85vw)] flex-col border-r bg-sunken shadow-elevation focus:outline-none"
            >
              <Dialog.Title className="sr-only">Menu</Dialog.Title>
              <Dialog.Close asChild>
                <Button
                  variant="ghost"
                  size="icon"
                  aria-label="Close the menu"
                  className="absolute top-2 right-2"
                >
                  <X aria-hidden />
                </Button>
              </Dialog.Close>
              {sidebar(leave)}
            </Dialog.Content>
          </Dialog.Portal>
        </Dialog.Root>
        <Wordmark />
      </header>
      <main id="main" tabIndex={-1} className="min-w-0 px-4 py-5 lg:px-8 lg:py-7">
        <div className="mx-auto max-w-6xl">{children}</div>
      </main>
    </div>
  );
}
