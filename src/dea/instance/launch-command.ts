/**
 * What runs as the container's first process. The user's command is the script's first argument, never
 * part of its text, so no quoting can go wrong.
 *
 * The shell stays, as the parent of the app: the first process of a PID namespace ignores signals that
 * it does not handle (pid_namespaces(7)), so an app without a SIGTERM handler would have to be killed.
 * It also reaps what the app leaves behind. Job control (`set -m`) keeps SIGINT alive in the app; the
 * shell's own remarks on how a job ended do not belong in the app's log.
 */
const SCRIPT = `
sprue_command=$1
for sprue_file in /home/vcap/profile.d/*.sh /home/vcap/app/.profile.d/*.sh /home/vcap/app/.profile; do
  if [ -f "$sprue_file" ]; then . "$sprue_file"; fi
done
cd /home/vcap/app
trap : TERM
exec 3>&2 2>/dev/null
set -m
/bin/bash -c "$sprue_command" 2>&3 3>&- &
set +m
exec 3>&-
while wait $!; sprue_status=$?; [ $sprue_status -gt 128 ] && kill -0 $! 2>/dev/null; do :; done
exit $sprue_status
`;

/** The argument vector that starts an app with its profile scripts sourced. */
export function launchCommand(startCommand: string): readonly string[] {
  return ['/bin/bash', '-c', SCRIPT, 'sprue-launch', startCommand];
}
