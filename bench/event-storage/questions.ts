/** What is asked, by the row of the table of targets it belongs to. */
export const pages = [
  "",
  "agent:00000000-0000-7000-9000-000000000000",
  "agent:00000000-0000-7000-9000-000000000007",
  "type:http.request",
  "type:disk.full",
  "type:ssh.*",
  "type:disk.*",
  "type:disk.full OR type:mail.sent",
  "level:critical",
  "level>=error",
  "subject:user:17",
  "subject:user:4999",
  "trace:c4ca4238a0b923820dcc509a6f75849b",
] as const;

/** Those that chunks say where to look for; the agent has no events. */
export const terms = [
  "agent:00000000-0000-7000-9000-00000000ffff",
  '"invalid user"',
  '"kernel panic"',
  '"no such text"',
  "props.rare:true",
  "props.latency>50000",
  "props.user:user4999",
  "props.request.status:500",
  "props.request.ms>499",
  "props.request.id:0123456789abcdef",
] as const;

export const charts = [
  "",
  "type:ssh.*",
  "agent:00000000-0000-7000-9000-000000000003",
  "level>=warn",
] as const;

export const dimensions = ["level", "type", "agentId"] as const;
