/**
 * Shell programs that run on the node, in POSIX sh: dash, busybox or bash.
 *
 * @module
 */

import type { FileStep, ScriptStep, SshKeyStep } from "../core/compute/mod.ts";
import { formatPublicKey, parsePublicKey } from "../core/compute/public_key.ts";
import { quote } from "./_shell.ts";

/**
 * Creates a private temporary directory, prints its path, and removes it when
 * standard input closes. That happens however the connection ends.
 *
 * The login shell of the user starts this command, and it may not be a POSIX
 * shell. The inner program therefore has no single quote, no backslash and no
 * line break.
 */
export const GUARD = "/bin/sh -c '" +
  'd=$(mktemp -d "$HOME/.nephos.XXXXXXXXXX" 2>/dev/null || mktemp -d) && ' +
  'echo "nephos=$d" && read -r _; [ -z "$d" ] || rm -rf -- "$d"' +
  "'";

/**
 * Matches the line that {@linkcode GUARD} prints, and captures the path. The
 * login shell may print other lines before it.
 */
export const GUARD_OUTPUT = /^nephos=(\/.*)$/m;

// Works because each program is a file: sudo starts the same file as root.
const AS_ROOT = '[ "$(id -u)" = 0 ] || exec sudo -n /bin/sh "$0"\n';

/**
 * Writes a program that adds a public key to the `authorized_keys` of the user
 * who runs it. A key that is already there is not added again.
 *
 * @param step The step.
 * @returns The program.
 */
export function keyProgram({ publicKey }: SshKeyStep): string {
  // Options, type and key, without the comment, as a regular expression.
  const { comment: _, ...key } = parsePublicKey(publicKey)!;
  const bare = formatPublicKey(key).replace(/[.*[\\^$]/g, "\\$&");
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
 * Writes a program that copies an uploaded file to its destination. It replaces
 * the destination atomically.
 *
 * @param step The step.
 * @param upload Path of the uploaded file.
 * @param isRoot Whether to run the program as root.
 * @returns The program.
 */
export function fileProgram(
  { path, mode, owner }: FileStep,
  upload: string,
  isRoot: boolean,
): string {
  const directory = path.replace(/\/[^/]*$/, "");
  return `${isRoot ? AS_ROOT : ""}set -e
umask 022
if [ -d ${quote(path)} ]; then
  echo ${quote(`${path} is a directory`)} >&2
  exit 1
fi
mkdir -p -- ${quote(directory || "/")}
new=$(mktemp ${quote(`${directory}/.nephos.XXXXXXXXXX`)})
trap 'rm -f -- "$new"' EXIT
cat -- ${quote(upload)} >"$new"
${owner === undefined ? "" : `chown -- ${quote(owner)} "$new"\n`}\
chmod ${mode.toString(8).padStart(4, "0")} "$new"
mv -f -- "$new" ${quote(path)}
`;
}

/**
 * Writes a program that runs an uploaded script in a session of its own.
 *
 * When standard input closes, the program kills the script and all processes in
 * that session. The client closes standard input when the script times out, and
 * the server closes it when the connection is lost.
 *
 * @param step The step.
 * @param upload Path of the uploaded script.
 * @param isRoot Whether to run the script as root.
 * @returns The program.
 */
export function scriptProgram(
  { text, args }: ScriptStep,
  upload: string,
  isRoot: boolean,
): string {
  const words = [upload, ...args].map(quote);
  // Not every system can execute a script that has no "#!" line.
  if (!text.startsWith("#!")) words.unshift("/bin/sh");
  // Standard error of this shell is discarded, because it reports the jobs that
  // it kills. The script keeps the original one, as descriptor 4.
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
