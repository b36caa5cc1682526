/**
 * Errors in the format of the API.
 *
 * @module
 */

import { jsonResponse, Refusal } from "../kit/mod.ts";

const PREFIX = "SoftLayer_Exception_";

/** Codes of refusals that have none of their own, by status. */
const CODES: Readonly<Record<number, string>> = {
  401: "InvalidLegacyToken",
  404: "ObjectNotFound",
  429: "WebService_RateLimitExceeded",
};

/** Converts a refusal to an error response. */
export function errorResponse(
  { status, message, code, headers }: Refusal,
): Response {
  const error = {
    error: message,
    code: PREFIX + (code ?? CODES[status] ?? "Public"),
  };
  return jsonResponse(status, error, headers);
}

/** Creates the error of an invalid value. SoftLayer sends the status 500. */
export function invalid(reason: string, code = "InvalidValue"): Refusal {
  return new Refusal(500, reason, { code });
}

/** Creates the error of a missing property of a template. */
export function missing(property: string, type: string): Refusal {
  return invalid(
    `The property '${property}' must be set to create an instance of '${type}'.`,
    "MissingCreationProperty",
  );
}

/** Creates the error of a property that a type does not have. */
export function unknownProperty(property: string, type: string): Refusal {
  return invalid(`Property '${property}' not valid for '${type}'.`, "Public");
}

/** Creates the error of an unknown id. */
export function notFound(id: unknown): Refusal {
  return new Refusal(404, `Unable to find object with id of '${id}'.`);
}

/** Creates the error of a guest that a transaction changes. */
export function busy(): Refusal {
  return invalid(
    "This cancellation could not be processed. Please contact support. " +
      "There is currently an active transaction.",
    "Public",
  );
}
