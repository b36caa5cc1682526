/**
 * Registries: the drivers of a service by provider id, each loaded on first use.
 *
 * @module
 */

import { show } from "./message.ts";

/**
 * A class of drivers.
 *
 * @typeParam D The interface of the service.
 */
// `never` accepts classes with any options.
export type DriverClassOf<D> = (new (options: never) => D) & {
  /** Creates a driver from environment variables. */
  fromEnv?(env: object, options?: never): D;
};

/**
 * Loads a class of drivers, usually with `import()`.
 *
 * @typeParam D The interface of the service.
 */
export type DriverLoaderOf<D> = () => Promise<DriverClassOf<D>>;

/**
 * The drivers of one service.
 *
 * @typeParam D The interface of the service.
 */
export class Registry<D> {
  readonly #service: string;
  readonly #loaders: Map<string, DriverLoaderOf<D>>;

  /**
   * Creates a registry. It loads nothing.
   *
   * @param service Service in the names of the public functions, for errors. It
   *   is `"Dns"` for `getDnsDriver()`, and `""` for compute.
   * @param loaders The loader of each provider's driver.
   */
  constructor(
    service: string,
    loaders: Readonly<Record<string, DriverLoaderOf<D>>>,
  ) {
    this.#service = service;
    this.#loaders = new Map(Object.entries(loaders));
  }

  /**
   * Loads a driver class.
   *
   * @param id Id of the provider.
   * @param operation Name of the public function, for the error.
   * @returns The class.
   * @throws {TypeError} If no driver has that id.
   */
  async get(
    id: string,
    operation = `get${this.#service}Driver`,
  ): Promise<DriverClassOf<D>> {
    const load = this.#loaders.get(id);
    if (load) return await load();
    const ids = [...this.#loaders.keys()].join(", ");
    throw new TypeError(
      `${operation}: no driver has the id ${show(id)}; known ids: ${ids}`,
    );
  }

  /**
   * Loads a driver class, and creates a driver.
   *
   * @param id Id of the provider.
   * @param options Options of the class.
   * @returns The driver.
   * @throws {TypeError} If no driver has that id, or an option is invalid.
   */
  async create(id: string, options: unknown): Promise<D> {
    const Driver = await this.get(id, `create${this.#service}Driver`);
    return new Driver(options as never);
  }

  /**
   * Loads a driver class, and creates a driver from environment variables.
   *
   * @param id Id of the provider.
   * @param env The variables by name.
   * @param options Options of the class. They take precedence over variables.
   * @returns The driver.
   * @throws {TypeError} If no driver has that id, the class cannot read
   *   variables, or a variable is missing.
   */
  async createFromEnv(
    id: string,
    env: object,
    options?: object,
  ): Promise<D> {
    const operation = `create${this.#service}DriverFromEnv`;
    const Driver = await this.get(id, operation);
    if (Driver.fromEnv) return Driver.fromEnv(env, options as never);
    throw new TypeError(
      `${operation}: the driver ${show(id)} has no method fromEnv()`,
    );
  }

  /**
   * Registers a third-party driver.
   *
   * @param id Id of the provider: lower-case letters and digits.
   * @param load Loads the class on first use.
   * @throws {TypeError} If `id` is invalid, or if another driver has this id.
   */
  register(id: string, load: DriverLoaderOf<D>): void {
    const operation = `register${this.#service}Driver`;
    if (typeof id !== "string" || !/^[a-z][a-z\d]*$/.test(id)) {
      throw new TypeError(
        `${operation}: id must consist of lower-case letters and digits, ` +
          `got ${show(id)}`,
      );
    }
    if (this.#loaders.has(id)) {
      throw new TypeError(
        `${operation}: another driver has the id ${show(id)}`,
      );
    }
    this.#loaders.set(id, load);
  }
}
