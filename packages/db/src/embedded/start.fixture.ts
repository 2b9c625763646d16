// Runs the embedded PostgreSQL in a process of its own, so that a test can kill the owner.
import { startEmbeddedPostgres } from "./start.ts";

const [dataDir = "", password = ""] = process.argv.slice(2);

try {
  const server = await startEmbeddedPostgres({ dataDir, password, log: () => undefined });
  process.stdout.write(`${JSON.stringify({ directory: server.directory })}\n`);
  process.once("SIGTERM", () => void server.stop());
} catch (error) {
  const { name, message } = error as Error;
  process.stdout.write(`${JSON.stringify({ error: name, message })}\n`);
}
