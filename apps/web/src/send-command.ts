/** The command that sends a log file to the instance at `origin`; the key is for the reader to fill in. */
export function sendCommand(origin: string): string {
  return `npx -y pnpm muniment send --format sshd /var/log/auth.log \\
  --url ${origin} --key mnt_…`;
}
