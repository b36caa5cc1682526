/**
 * Errors of Route 53.
 *
 * @module
 */

import { Refusal } from "../../kit/mod.ts";

/**
 * Refuses a request.
 *
 * @param code Error code of Route 53.
 * @param message Reason, for people to read.
 * @param status HTTP status, which is 400 for most errors.
 * @throws {Refusal} Always.
 */
export function refuse(code: string, message: string, status = 400): never {
  throw new Refusal(status, message, { code });
}

/**
 * Refuses an invalid request.
 *
 * @param message Reason, for people to read.
 * @throws {Refusal} Always.
 */
export function refuseInput(message: string): never {
  refuse("InvalidInput", message);
}
