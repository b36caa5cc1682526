/**
 * Initial contents of the simulated account.
 *
 * @module
 */

import { type Account, type Linode, SEEDED_AT } from "./_account.ts";
import { newBackup } from "./_backups.ts";
import { IMAGES, REGIONS, TYPES } from "./_catalog.ts";
import { deploy } from "./_deployment.ts";
import { addDomain, addRecord } from "./_domains.ts";
import { linodeEntity, notify } from "./_events.ts";
import { addImage } from "./_images.ts";
import { addLinode } from "./_instances.ts";
import { addKey } from "./_keys.ts";
import { addVolume } from "./_volumes.ts";

const SEEDED_KEY =
  "ssh-rsa AAAA_valid_public_ssh_key_123456785== user@their-computer";

/**
 * Fills an empty account.
 *
 * @param account Account to fill.
 * @param nodes Number of running nodes, at least 1. Other resources are added
 * for the first one.
 */
export function seed(account: Account, nodes: number): void {
  account.tags.add("web-server");
  const images = IMAGES.filter(({ isCloudInit }) => isCloudInit);
  for (let index = 0; index < nodes; index++) {
    const linode = addLinode(
      account,
      `node-${index + 1}`,
      REGIONS[(index + 5) % REGIONS.length]!,
      TYPES[index % TYPES.length]!,
      {
        tags: index % 2 ? [] : ["web-server"],
        areBackupsEnabled: index === 0,
        hasPrivateIp: index % 2 === 0,
      },
      SEEDED_AT,
    );
    const id = images[index % images.length]!.id;
    const image = account.images.get(id)!;
    deploy(account, linode, { image, isBooted: true, hasUserData: false });
    linode.status = "running";
  }
  addKey(account, "My SSH Key", SEEDED_KEY);
  const [first] = account.linodes.values() as Iterable<Linode>;
  if (!first) return;
  notify(account, "linode_create", linodeEntity(first));
  const { region, disks } = first;
  addVolume(account, "my-volume", region, 30, first, ["web-server"]);
  addVolume(account, "spare", region, 20, undefined, []);
  const image = addImage(account, "golden", first, disks[0]!, null, []);
  image.status = "available";
  for (const copy of image.regions) copy.status = "available";
  const backup = newBackup(account, first, null, "auto");
  backup.status = "successful";
  first.automatic.push(backup);
}

/**
 * Adds a domain with a few records.
 *
 * @param account The account.
 * @param name Name of the domain.
 */
export function seedDomain(account: Account, name: string): void {
  const domain = addDomain(account, name);
  const add = (
    owner: string,
    type: string,
    target: string,
    values: { readonly ttl_sec?: number; readonly priority?: number } = {},
  ) => addRecord(account, domain, { type, name: owner, target, ...values });
  add("", "MX", `mx1.${name}`, { priority: 10, ttl_sec: 300 });
  add("", "MX", `mx2.${name}`, { priority: 20, ttl_sec: 300 });
  add("", "TXT", "v=spf1 mx -all");
  add("www", "A", "192.0.2.1", { ttl_sec: 300 });
  add("www", "A", "192.0.2.2", { ttl_sec: 300 });
  add("www", "AAAA", "2001:db8::1", { ttl_sec: 300 });
  add("*.dev", "CNAME", `www.${name}`, { ttl_sec: 300 });
}
