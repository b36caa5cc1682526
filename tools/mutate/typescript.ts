/**
 * The parser of TypeScript. Only this file names its version.
 *
 * @module
 */

export { default } from "npm:typescript@5.9.3";
