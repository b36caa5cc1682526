/** Version of this package, sent in the `User-Agent`. */
export const VERSION = "0.1.0";
