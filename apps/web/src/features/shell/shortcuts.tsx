import { can } from "@muniment/shared/permissions.ts";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { allPages } from "../../navigation.ts";
import { useMe } from "../../session.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Kbd } from "../../ui/kbd.tsx";

/** How long after `g` the second key is still taken. */
const chordMilliseconds = 1200;

/** Keys that go to a page, and the sheet that lists them. */
export function Shortcuts() {
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  const { role } = useMe();
  const pages = allPages.filter((page) => can(role, page.permission));

  useEffect(() => {
    let chordUntil = 0;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || isBusy(event.target)) return;
      if (event.key === "?") setOpen(true);
      else if (event.key === "g") chordUntil = Date.now() + chordMilliseconds;
      else if (Date.now() < chordUntil) {
        chordUntil = 0;
        const page = allPages.find((one) => one.key === event.key);
        if (page && can(role, page.permission)) void navigate({ to: page.to });
      }
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [navigate, role]);

  return (
    <Dialog open={open} onOpenChange={setOpen} title="Keyboard shortcuts">
      <ul className="grid gap-2 text-sm">
        {pages.map((page) => (
          <li key={page.to} className="flex justify-between">
            {page.label}
            <span className="flex gap-1">
              <Kbd>g</Kbd>
              <Kbd>{page.key}</Kbd>
            </span>
          </li>
        ))}
        {pages.some(({ to }) => to === "/events") && (
          <li className="flex justify-between">
            Next and previous event in the list
            <span className="flex gap-1">
              <Kbd>j</Kbd>
              <Kbd>k</Kbd>
            </span>
          </li>
        )}
        <li className="flex justify-between">
          This sheet
          <Kbd>?</Kbd>
        </li>
      </ul>
    </Dialog>
  );
}

/** Whether keys belong to what has the focus: a text field, a menu, or an open dialog. */
function isBusy(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest("input, textarea, select, [contenteditable], [role=menu], [role=dialog]") !==
      null
  );
}
