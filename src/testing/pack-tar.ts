import { createReadStream } from "node:fs";
import { buffer } from "node:stream/consumers";
import { extract, type Header, pack } from "tar-stream";

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

/** The members of a tar file, in order. */
export async function extractTar(path: string): Promise<readonly { readonly name: string; readonly bytes: Buffer }[]> {
  const archive = extract();
  createReadStream(path).pipe(archive);
  const members = [];
  for await (const member of archive) members.push({ name: member.header.name, bytes: await buffer(member) });
  return members;
}
