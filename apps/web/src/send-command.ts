/** Sends one event of the type to the instance at `origin`. */
export function curlCommand(origin: string, key: string, type = "hello.world"): string {
  return `curl -sS ${origin}/api/v1/events \\
  -H 'Authorization: Bearer ${key}' \\
  -H 'Content-Type: application/json' \\
  -d '{"events":[{"type":"${type}","message":"Sent with curl"}]}'`;
}

/** Sends a log file to the instance at `origin`; the key is for the reader to fill in. */
export function logCommand(origin: string): string {
  return `MUNIMENT_API_KEY=mnt_… npx -y pnpm muniment send \\
  --url ${origin} --format sshd /var/log/auth.log`;
}
