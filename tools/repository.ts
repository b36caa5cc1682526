/**
 * The address of the repository. It is in no other file.
 *
 * @module
 */

/**
 * Address of the repository, without a trailing slash.
 *
 * The repository has no public address yet. Until it has one, this is a placeholder,
 * and the npm package is marked as private. `docs/release.md` says what to do.
 */
export const REPOSITORY = "https://repository.invalid/nephos";

/**
 * Tests whether {@linkcode REPOSITORY} is only a placeholder.
 *
 * @param address The address.
 * @returns Whether no host can have this address.
 */
export function isPlaceholder(address: string = REPOSITORY): boolean {
  return new URL(address).hostname.endsWith(".invalid");
}
