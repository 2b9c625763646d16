import { assuranceOf } from "../../witnesses/assurance.ts";
import { type Check, fail, pass, skip, warn } from "../check.ts";
import { withLive } from "./with-live.ts";

const longestWaitSeconds = 300;
const longestFailureSeconds = 3600;
const hours = (seconds: number) => `${Math.floor(seconds / 3600)} h`;

export const auditChecks: Check[] = [
  {
    id: "audit.sealed",
    title: "Entries get their place in the audit log",
    group: "audit",
    run: withLive(({ unsealedSince }, { now }) => {
      if (unsealedSince === null) return pass("none waits");
      const seconds = Math.round((now.getTime() - unsealedSince.getTime()) / 1000);
      return seconds <= longestWaitSeconds
        ? pass("the newest are about to")
        : fail(
            `one has waited for ${Math.round(seconds / 60)} minutes`,
            "Look at the server's log, and run muniment verify: entries wait and are not lost.",
          );
    }),
  },
  {
    id: "audit.assurance",
    title: "The audit log is confirmed outside of the database",
    group: "audit",
    run: withLive(({ witnesses, auditSize }, { now }) => {
      const since = new Map(
        witnesses.map(({ confirmedSize, nextAt }) => [confirmedSize, nextAt?.getTime() ?? null]),
      );
      const { level } = assuranceOf(
        witnesses,
        auditSize,
        now.getTime(),
        (size) => since.get(size) ?? null,
      );
      return level === "detecting"
        ? warn(
            "detecting: whoever holds the database and the signing key could write it anew unseen",
            "Add a witness, or another place outside that checkpoints are sent to.",
          )
        : pass(level);
    }),
  },
  {
    id: "audit.witnesses",
    title: "Every witness gets checkpoints and agrees with them",
    group: "audit",
    run: withLive(({ witnesses }, { now }) => {
      if (witnesses.length === 0) return skip("there is none");
      const contradicting = witnesses.filter(({ contradicts }) => contradicts).length;
      if (contradicting > 0) {
        return fail(
          `${contradicting} of ${witnesses.length} contradict the log`,
          "Run muniment verify with the copy of the witness: the log was rewritten, or an older backup restored.",
        );
      }
      const seconds = witnesses.flatMap(({ failingSince }) =>
        failingSince ? [(now.getTime() - failingSince.getTime()) / 1000] : [],
      );
      const failing = seconds.filter((lasted) => lasted > longestFailureSeconds);
      return failing.length === 0
        ? pass(`${witnesses.length} of ${witnesses.length}`)
        : warn(
            `${failing.length} of ${witnesses.length} could not be reached for up to ${hours(Math.max(...failing))}`,
            "Look at what each answers on the page of witnesses.",
          );
    }),
  },
  {
    id: "alerts.unresolved",
    title: "Somebody looks at alerts",
    group: "audit",
    run: withLive(({ oldAlerts }) =>
      oldAlerts === 0
        ? pass("none has been open for three days")
        : warn(
            `${oldAlerts} open for more than three days`,
            "Look at each on the page of alerts, and resolve it.",
          ),
    ),
  },
];
