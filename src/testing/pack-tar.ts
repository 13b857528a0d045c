import { buffer } from "node:stream/consumers";
import { type Header, pack } from "tar-stream";

/** A member: its header, and its data where it has any. */
export type TarFixture = readonly [header: Partial<Header> & { readonly name: string }, data?: Buffer];

/** A tar archive of these members, in this order. */
export function packTar(members: Iterable<TarFixture>): Promise<Buffer> {
  const archive = pack();
  for (const [header, data] of members) archive.entry({ mtime: new Date(0), ...header }, data ?? Buffer.alloc(0));
  archive.finalize();
  return buffer(archive);
}

/** A tar archive of plain files, by name. */
export function packFiles(files: Iterable<readonly [name: string, data: Buffer]>): Promise<Buffer> {
  return packTar([...files].map(([name, data]): TarFixture => [{ name }, data]));
}
