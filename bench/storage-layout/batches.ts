import { randomUUID } from "node:crypto";

const users = Array.from({ length: 1000 }, () => randomUUID());
const types = ["ssh.login.failed", "ssh.login.ok", "http.request", "job.finished", "deploy.done"];

// Prepared once, so that the client's own work does not hide what the database costs.
const tails = Array.from({ length: 100 }, (_, ord) =>
  JSON.stringify({
    ord,
    type: types[ord % types.length],
    level: ord % 5,
    message: `Failed password for invalid user admin from 203.0.113.${ord} port ${40000 + ord}`,
    subject: `user:${ord}`,
    seq: ord,
    props: { address: `203.0.113.${ord}`, port: 40000 + ord, user: "admin" },
  }).slice(1),
);
let made = 0;

/** One user's batch of 100 events of about 300 bytes each, as the ingest statement takes it. */
export function makeBatch(): string {
  const now = Date.now();
  const user = users[Math.floor(Math.random() * users.length)];
  const time = new Date(now).toISOString();
  const hex = now.toString(16).padStart(12, "0");
  const stem = `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-`;
  const shared = `"user_id":"${user}","agent_id":"${user}","api_key_id":"${user}",
"batch_id":"${randomUUID()}","occurred_at":"${time}","received_at":"${time}"`;
  const events = tails.map((tail) => {
    const number = (made++).toString(16);
    const id = stem + number.padStart(12, "0");
    return `{${shared},"id":"${id}","digest":"${number.padStart(64, "0")}",${tail}`;
  });
  return `[${events.join(",")}]`;
}
