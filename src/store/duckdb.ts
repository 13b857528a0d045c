import { createRequire } from "node:module";
import type { DuckDBConnection } from "@duckdb/node-api";

export interface DuckDb {
  readonly connection: DuckDBConnection;
  close(): void;
}

/** `import()` would parse the library's files once more for their names, which takes longer than loading them. */
const load = createRequire(import.meta.url);

/**
 * An in-memory DuckDB that reaches for nothing: no extension is loaded or fetched, nothing spills to disk. Loaded when
 * first needed (80 ms). One thread keeps the order of rows.
 */
export async function openDuckDb(memoryLimit: string): Promise<DuckDb> {
  const { DuckDBInstance }: typeof import("@duckdb/node-api") = load("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "1",
    memory_limit: memoryLimit,
    temp_directory: "",
    autoload_known_extensions: "false",
    autoinstall_known_extensions: "false",
  });
  const connection = await instance.connect();
  return {
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A text as an SQL literal. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
