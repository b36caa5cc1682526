/**
 * What a node is told to do, in POSIX sh: dash, busybox or bash.
 *
 * @module
 */

import type { FileStep, ScriptStep, SshKeyStep } from "../core/compute/mod.ts";
import { quote } from "./_shell.ts";

/**
 * Makes a private folder, tells where it is, and removes it when the connection
 * ends, however it ends. Here the user's own shell is asked, whichever it is:
 * no quote, no backslash, and no line break.
 */
export const GUARD = "/bin/sh -c '" +
  'd=$(mktemp -d "$HOME/.nephos.XXXXXXXXXX" 2>/dev/null || mktemp -d) && ' +
  'echo "nephos=$d" && read -r _; [ -z "$d" ] || rm -rf -- "$d"' +
  "'";

/** What the guard says, whatever the shell has said before. */
export const GUARDED = /^nephos=(\/.*)$/m;

// The program is in a file, so that it can be run anew by root.
const AS_ROOT = '[ "$(id -u)" = 0 ] || exec sudo -n /bin/sh "$0"\n';

/**
 * Adds a key to those of the user that runs this, unless it is there.
 *
 * @param step The step.
 * @returns The program.
 */
export function addKey({ publicKey }: SshKeyStep): string {
  const bare = publicKey.split(" ", 2).join(" ");
  return `set -e
umask 077
mkdir -p -- "$HOME/.ssh"
chmod 700 "$HOME/.ssh"
keys=$HOME/.ssh/authorized_keys
touch "$keys"
chmod 600 "$keys"
grep -q -e ${quote(`^${bare}$`)} -e ${quote(`^${bare} `)} "$keys" && exit
[ -z "$(tail -c 1 "$keys")" ] || echo >>"$keys"
printf '%s\\n' ${quote(publicKey)} >>"$keys"
`;
}

/**
 * Puts an uploaded file in its place, all of it at once.
 *
 * @param step The step.
 * @param upload Where it was uploaded.
 * @param isRoot Whether root does it.
 * @returns The program.
 */
export function placeFile(
  { path, mode, owner }: FileStep,
  upload: string,
  isRoot: boolean,
): string {
  const folder = path.replace(/\/[^/]*$/, "");
  return `${isRoot ? AS_ROOT : ""}set -e
umask 022
if [ -d ${quote(path)} ]; then
  echo ${quote(`${path} is a folder`)} >&2
  exit 1
fi
mkdir -p -- ${quote(folder || "/")}
new=$(mktemp ${quote(`${folder}/.nephos.XXXXXXXXXX`)})
trap 'rm -f -- "$new"' EXIT
cat -- ${quote(upload)} >"$new"
${owner === undefined ? "" : `chown -- ${quote(owner)} "$new"\n`}\
chmod ${mode.toString(8).padStart(4, "0")} "$new"
mv -f -- "$new" ${quote(path)}
`;
}

/**
 * Runs an uploaded script, and ends it, with all that it started in its
 * session, when standard input ends: the client says so when the time is up,
 * and the server when the client is gone.
 *
 * @param step The step.
 * @param upload Where it was uploaded.
 * @param isRoot Whether root runs it.
 * @returns The program.
 */
export function runScript(
  { text, args }: ScriptStep,
  upload: string,
  isRoot: boolean,
): string {
  const words = [upload, ...args].map(quote);
  // Not every system takes a file without an interpreter for a script.
  if (!text.startsWith("#!")) words.unshift("/bin/sh");
  // The shell has things to say about jobs that are no business of the script.
  return `${isRoot ? AS_ROOT : ""}exec 3<&0 4>&2 2>/dev/null
command -v setsid >/dev/null || setsid() { "$@"; }
setsid ${words.join(" ")} </dev/null 2>&4 3<&- 4>&- &
script=$!
{
  read -r _ <&3
  trap '' TERM
  kill -s TERM -- "-$script" || kill -s TERM "$script"
  sleep 1
  kill -s KILL -- "-$script" || kill -s KILL "$script"
} >/dev/null 4>&- &
watch=$!
exec 3<&- 4>&-
wait "$script"
status=$?
kill "$watch"
wait "$watch"
exit "$status"
`;
}
