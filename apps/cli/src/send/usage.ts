export const usage = `
Usage: muniment send --format <format> [options] <file|->

Sends the lines of a log as events, and accounts for every one of them:
sent = accepted + duplicates + rejected. A second run of the same log creates nothing new.

Options
  --format <name>       jsonl   one event per line, as POST /api/v1/events takes it
                        sshd    the syslog of an OpenSSH server
                        apache  an error log, or an access log (common or combined)
                        nginx   the same of nginx
                        syslog  RFC 5424, or RFC 3164 as files have it
                        journald  journalctl -o json, or -o export (this not with --follow)
  --url <address>       where Muniment runs; else MUNIMENT_URL, else http://127.0.0.1:3000
  --key <key>           an API key with the scope events:write; else MUNIMENT_API_KEY. Prefer the
                        variable: other users of the machine can see a command line, and a shell
                        keeps it in its history
  --source <name>       names the log, in place of host and path ("stdin" for -)
  --timezone <offset>   zone of times that name none, such as +02:00 (default Z, that is UTC)
  --year <year>         sshd, syslog: the year of the first line; later lines go on from it. By default a
                        time is in the latest year that is not over a day after the file's last
                        change (for -, after now)
  --batch <n>           events per call, 1 to 100 (default 100)
  --concurrency <n>     calls at a time, 1 to 16 (default 4)
  --retry-for <s>       seconds to go on trying one call (default 300; with --follow for ever)
  --follow              goes on when the end of the file is reached, see below
  --from <start|end>    where a log begins that was never followed (default start)
  --state <file>        keeps how far a followed log was sent (default: a file of its own below
                        $XDG_STATE_HOME/muniment or ~/.local/state/muniment)
  --allow-plain-http    let the key travel unencrypted to another machine
  --json                one JSON object instead of text; its rejections are the first 100

Ids. An event of a line that brings no id of its own gets one made of the source, the format, the
line, how often the same line came before, and the line's time. Sent again, it counts as a
duplicate. Two logs with equal lines need different sources: above all for -, where the source is
always "stdin". Change --source, --timezone or --year, or move the file, and its events are new.

Lines. The message of an event is the line itself; a line over 4 KiB is whole in props.line, and one
that is not UTF-8 text is in props.lineBase64. A line over 32 KiB is not sent but reported. Unknown
lines are sent as ssh.other, apache.other and so on. Of syslog and journald the message is what was
logged, the rest stands in the props. A line without a time has that of the line before.

Following. Each line is sent once it has its ending. A log that is renamed and made anew, or copied
and cut short, is read to its end before the new one begins, also where that happened while nobody
followed: what it was renamed to is looked for beside it (log.1, log-20261121; not compressed). How
far it was sent is written down after each answer; another run goes on there. Its ids are made of
the source, the line and its place, so that what is sent twice is stored once. Where that cannot be
written down nothing is begun; where it cannot any more, as on a full disk, lines are sent on, which
is told, and the exit code is 1 if it is so to the end. It ends at Ctrl-C.

Lines of a pipe wait for others for a second at most. Ctrl-C finishes the calls under way and reports; a second one ends at once.

Exit codes
  0  every line was accepted, or is stored already
  1  something was rejected, could not be read, or was not sent; or the account does not add up
  2  called wrongly, or the file cannot be opened; nothing was sent
  3  the server could not be reached, or refused the calls or the key
`;
