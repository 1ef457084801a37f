// Files that somebody chose in the page, as the archive of a launch: a tar, compressed with gzip, in which what belongs to the entry N
// of `files` is `.berth-files/N` or below that, as `berth run` makes it. It is made here and not in the wasm, whose memory never
// shrinks.

import { sha256 } from "@noble/hashes/sha2.js";
import { createTarPacker } from "modern-tar";

const PLACED = ".berth-files";
/** How many times the limit of the archive its content may be, as the server has it. */
const UNPACKED = 64;

/**
 * @typedef {object} Entry what was chosen for one entry of `files`
 * @property {boolean} folder whether it is a folder; otherwise `files` is one
 * @property {File[]} files
 */

/** Why there is no archive: `what` is `unreadable`, with the file's `name`, or `large`. The page has the words. */
class Refused extends Error {
  constructor(what, name = "") {
    super(what);
    Object.assign(this, { what, name });
  }
}

/**
 * What of a folder that was chosen is brought: everything but what is Git's own.
 *
 * @param {FileList} list as a folder's input has it
 * @returns {{ name: string, files: File[], bytes: number }} the folder's name, and what is in it
 */
export function below(list) {
  const files = [...list].filter((file) => !file.webkitRelativePath.split("/").slice(1).includes(".git"));
  return { name: list[0]?.webkitRelativePath.split("/")[0] ?? "", files, bytes: total(files) };
}

/**
 * @param {Entry[]} entries
 * @param {number} limit the most that the archive may have, bytes
 * @returns {Promise<{ body: Blob, sha256: string, size: number, files: number, entries: number, bytes: number }>}
 * @throws {Refused}
 */
export async function archive(entries, limit) {
  const all = entries.flatMap(listed);
  const bytes = total(all.flatMap(({ file }) => file ?? []));
  if (bytes > limit * UNPACKED) throw new Refused("large");
  const { readable, controller } = createTarPacker();
  const digest = sha256.create();
  let size = 0;
  const counted = new TransformStream({
    transform(chunk, next) {
      size += chunk.length;
      if (size > limit) throw new Refused("large");
      digest.update(chunk);
      next.enqueue(chunk);
    },
  });
  const packed = new Response(readable.pipeThrough(new CompressionStream("gzip")).pipeThrough(counted)).blob();
  // What is wrong comes out at both ends, and where files go in, it is known which one it was.
  packed.catch(() => {});
  const body = await fill(controller, all)
    .then(() => packed)
    .catch((error) => {
      throw size > limit ? new Refused("large") : error;
    });
  const hex = [...digest.digest()].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { body, sha256: hex, size, files: all.filter(({ file }) => file).length, entries: all.length, bytes };
}

/** The entries of the tar for one of `files`, always in the same order. */
function listed({ folder, files }, index) {
  const top = `${PLACED}/${index}`;
  if (!folder) return files.map((file) => ({ path: top, file }));
  const inside = files.map((file) => ({ path: [top, ...file.webkitRelativePath.split("/").slice(1)].join("/"), file }));
  inside.sort((a, b) => (a.path < b.path ? -1 : 1));
  return [{ path: `${top}/` }, ...inside];
}

async function fill(controller, all) {
  for (const { path, file } of all) {
    if (!file) {
      await controller.add({ name: path, type: "directory", size: 0, mode: 0o755, mtime: new Date(0) }).close();
      continue;
    }
    const mode = (await isProgram(file)) ? 0o700 : 0o600;
    const entry = controller.add({ name: path, size: file.size, mode, mtime: new Date(file.lastModified) });
    await reading(file, () => file.stream().pipeTo(entry));
  }
  controller.finalize();
}

/** No browser says who may run a file, nor who may read it: what begins as programs do is one, and all are their owner's alone. */
async function isProgram(file) {
  const [a, b, c, d] = await reading(file, async () => new Uint8Array(await file.slice(0, 4).arrayBuffer()));
  return (a === 0x23 && b === 0x21) || (a === 0x7f && b === 0x45 && c === 0x4c && d === 0x46);
}

async function reading(file, work) {
  try {
    return await work();
  } catch {
    throw new Refused("unreadable", file.webkitRelativePath || file.name);
  }
}

function total(files) {
  return files.reduce((sum, { size }) => sum + size, 0);
}
