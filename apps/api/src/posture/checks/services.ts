import { isLoopback } from "../../config.ts";
import { type Check, fail, failIfAny, pass, skip, warn } from "../check.ts";
import { passwordProblem } from "./password-problem.ts";

export const serviceChecks: Check[] = [
  {
    id: "redis.tls",
    title: "The way to Redis is encrypted",
    group: "services",
    run({ settings: { redisUrl, problems } }) {
      const remedy = "Use a rediss:// address in REDIS_URL.";
      const refused = problems.find(({ variable }) => variable === "REDIS_URL");
      if (refused) return fail(`REDIS_URL ${refused.problem}`, remedy);
      if (redisUrl === null) return skip("limits are counted in memory");
      const { protocol, hostname } = new URL(redisUrl);
      if (isLoopback(hostname)) return pass("it does not leave this machine");
      return protocol === "rediss:"
        ? pass("TLS")
        : fail("the password travels in the clear", remedy);
    },
  },
  {
    id: "redis.password",
    title: "Redis asks for a password that is not guessable",
    group: "services",
    run({ settings: { redisUrl } }) {
      if (redisUrl === null) return skip("limits are counted in memory");
      const { password, username, hostname } = new URL(redisUrl);
      if (isLoopback(hostname) && password === "") {
        return skip("none, on this machine; other users of it can empty the counters");
      }
      const problem = passwordProblem(decodeURIComponent(password), decodeURIComponent(username));
      return failIfAny(
        problem ? [`the password in REDIS_URL ${problem}`] : [],
        "long enough",
        "Set one in Redis' ACL file, such as the output of: openssl rand -hex 32",
      );
    },
  },
  {
    id: "mail.tls",
    title: "Mails leave encrypted, to a server that is verified",
    group: "services",
    run({ settings: { config } }) {
      if (config.smtpUrl === null) return skip("mails are files in DATA_DIR/outbox");
      const { protocol, hostname, searchParams } = new URL(config.smtpUrl);
      if (isLoopback(hostname)) return pass("the first hop does not leave this machine");
      const isRequired =
        config.production || protocol === "smtps:" || searchParams.get("requireTLS") === "true";
      const isVerified = searchParams.get("tls.rejectUnauthorized") !== "false";
      return failIfAny(
        [
          ...(isRequired ? [] : ["whoever is on the way can switch encryption off"]),
          ...(isVerified ? [] : ["any certificate is accepted"]),
        ],
        "TLS is required",
        "Use smtps:// in SMTP_URL, or add ?requireTLS=true, and keep certificates verified.",
      );
    },
  },
  {
    id: "mail.sent",
    title: "Mails reach people",
    group: "services",
    run({ settings: { config } }) {
      if (config.smtpUrl !== null) return pass("by SMTP");
      if (isLoopback(config.publicUrl.hostname))
        return skip("mails are files, on this machine only");
      return warn(
        "mails are files in DATA_DIR/outbox: nobody gets a link or an alert",
        "Set SMTP_URL and MAIL_FROM.",
      );
    },
  },
  {
    id: "files.store-tls",
    title: "The way to the store of files is encrypted",
    group: "services",
    run({ settings: { config, problems } }) {
      const remedy = "Give S3_ENDPOINT, S3_BUCKET and both keys, and use https.";
      const refused = problems.filter(({ variable }) => variable.startsWith("S3_"));
      if (refused.length > 0) {
        const wrong = refused.map(({ variable, problem }) => `${variable} ${problem}`);
        return failIfAny(wrong, "", remedy);
      }
      if (config.s3 === null) return skip("files lie below DATA_DIR");
      const { protocol, hostname } = config.s3.endpoint;
      if (isLoopback(hostname)) return pass("it does not leave this machine");
      return protocol === "https:" ? pass("TLS") : fail("the way is in the clear", remedy);
    },
  },
  {
    id: "files.scanner",
    title: "Files are scanned for viruses",
    group: "services",
    run({ settings: { config, problems } }) {
      const remedy = "Set CLAMAV_URL to the address of a clamd, such as tcp://127.0.0.1:3310.";
      const refused = problems.find(({ variable }) => variable === "CLAMAV_URL");
      if (refused) return fail(`CLAMAV_URL ${refused.problem}`, remedy);
      if (config.clamav === null) {
        return skip("files are examined, stripped and sandboxed; no scanner sees them", remedy);
      }
      return pass("what cannot be scanned is refused");
    },
  },
  {
    id: "model.tls",
    title: "What the model is asked travels encrypted",
    group: "services",
    run({ settings: { config, problems } }) {
      const remedy = "Use an https:// address in MODEL_BASE_URL.";
      const refused = problems.find(({ variable }) => variable.startsWith("MODEL_"));
      if (refused) return fail(`${refused.variable} ${refused.problem}`, remedy);
      if (config.model === null) return skip("no model is configured; questions cannot be asked");
      const { protocol, hostname } = new URL(config.model.baseUrl);
      if (isLoopback(hostname)) return pass("it does not leave this machine");
      return protocol === "https:"
        ? pass(`TLS, to ${hostname}, which gets to see events of those who ask`)
        : fail("questions and events travel in the clear", remedy);
    },
  },
];
