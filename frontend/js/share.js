// A text as part of an address, and back: deflated, in base64url. It stands in the fragment, which no browser sends
// to a server.

/** No configuration is longer; a link that unpacks to more was made to do harm. */
const MOST_BYTES = 256 * 1024;

/** @param {string} text @returns {Promise<string>} letters, digits, `-` and `_` */
export async function pack(text) {
  const bytes = new TextEncoder().encode(text);
  const packed = new Uint8Array(await new Response(through(bytes, new CompressionStream("deflate-raw"))).arrayBuffer());
  let binary = "";
  for (const byte of packed) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * @param {string} packed
 * @returns {Promise<string>}
 * @throws {Error} whose message says what is wrong, for people
 */
export async function unpack(packed) {
  try {
    const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return await read(through(bytes, new DecompressionStream("deflate-raw")));
  } catch (error) {
    if (error instanceof TooLong) throw error;
    throw new Error("it is damaged: a part was cut off or changed on its way");
  }
}

class TooLong extends Error {}

function through(bytes, transform) {
  return new Blob([bytes]).stream().pipeThrough(transform);
}

async function read(stream) {
  const reader = stream.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    length += value.length;
    if (length > MOST_BYTES) {
      await reader.cancel();
      throw new TooLong("it holds more than a configuration can");
    }
    text += decoder.decode(value, { stream: true });
  }
}
