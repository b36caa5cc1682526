/**
 * Backups of nodes: automatic ones, and a snapshot that a client takes.
 *
 * @module
 */

import type { Account, Backup, Linode } from "./_account.ts";
import { beginEvent, finishEvent, linodeEntity, notify } from "./_events.ts";
import { requireIdle } from "./_operations.ts";
import { BadRequest, findInPath, ok, readFields } from "./_requests.ts";
import type { Call, Routes } from "../kit/mod.ts";

/** Routes of backups. */
export function backupRoutes(account: Account): Routes {
  const linode = (call: Call) => findInPath(account.linodes, call);
  return {
    "GET /linode/instances/{id}/backups": (call) =>
      ok(backupsJson(linode(call))),
    "POST /linode/instances/{id}/backups": (call) =>
      takeSnapshot(account, call, linode(call)),
    "POST /linode/instances/{id}/backups/enable": (call) =>
      enableBackups(account, linode(call)),
    "POST /linode/instances/{id}/backups/cancel": (call) =>
      cancelBackups(account, linode(call)),
  };
}

/** Creates a backup that is still pending. */
export function newBackup(
  account: Account,
  { disks }: Linode,
  label: string | null,
  type: Backup["type"],
): Backup {
  const created = account.timestamp();
  const status = "pending";
  const id = account.takeId();
  return { id, label, type, created, finished: created, status, disks };
}

async function takeSnapshot(
  account: Account,
  call: Call,
  linode: Linode,
): Promise<Response> {
  const label = (await readFields(call)).string("label", { min: 1, max: 255 });
  requireIdle(account, linode);
  if (!linode.areBackupsEnabled) {
    throw new BadRequest("Backups are not enabled for this Linode.");
  }
  const event = beginEvent(account, "linode_snapshot", linodeEntity(linode));
  const backup = newBackup(account, linode, label, "snapshot");
  linode.snapshot = backup;
  account.timeline.after(account.settings.actionMs, (at) => {
    backup.status = event.fails ? "failed" : "successful";
    backup.finished = account.timestamp(at);
    finishEvent(event, at);
  });
  return ok(backupJson(backup));
}

function enableBackups(account: Account, linode: Linode): Response {
  if (linode.areBackupsEnabled) {
    throw new BadRequest("Backups already enabled.");
  }
  linode.areBackupsEnabled = true;
  notify(account, "backups_enable", linodeEntity(linode));
  return ok({});
}

function cancelBackups(account: Account, linode: Linode): Response {
  if (!linode.areBackupsEnabled) throw new BadRequest("Backups not enabled.");
  linode.areBackupsEnabled = false;
  linode.automatic.length = 0;
  linode.snapshot = undefined;
  notify(account, "backups_cancel", linodeEntity(linode));
  return ok({});
}

function backupJson(backup: Backup) {
  return {
    available: backup.status === "successful",
    configs: ["My Config"],
    created: backup.created,
    disks: backup.disks.map(({ filesystem, label, size }) => ({
      filesystem,
      label,
      size,
    })),
    finished: backup.finished,
    id: backup.id,
    label: backup.label,
    status: backup.status,
    type: backup.type,
    updated: backup.finished,
  };
}

function backupsJson({ automatic, snapshot }: Linode) {
  const json = snapshot && backupJson(snapshot);
  const isDone = snapshot?.status === "successful";
  return {
    automatic: automatic.map(backupJson),
    // JSON omits properties that are undefined.
    snapshot: {
      current: isDone ? json : undefined,
      in_progress: isDone ? undefined : json,
    },
  };
}
