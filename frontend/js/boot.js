// Runs before the first paint: the theme and the rail's width must not change under the reader's eyes.
// Asks for the part of the wasm that shows the opened page, so that it comes with the rest and not after it.
// Then starts the wasm, whose address Trunk wrote into the page (pattern_script in Trunk.toml).

const root = document.documentElement;
try {
  const theme = localStorage.getItem("berth.theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  if (localStorage.getItem("berth.rail") === "slim") root.dataset.rail = "slim";
} catch {
  // Storage is closed to this page: the defaults do.
}

/** The part that shows the page at this path: `src/parts.rs`. */
function partOf(path) {
  const page = path.replace(/^\/p\/[^/]+/, "");
  const [first, second] = page.split("/").filter(Boolean);
  if (!first) return "launch";
  if (first === "runs") return second ? "run" : "runs";
  if (first === "team") return second ? "money" : "team";
  if (["people", "account", "keys"].includes(first) || second === "keys") return "people";
  return ["explore", "reference", "gallery", "login"].includes(first) ? first : "settings";
}

/** The files of a part that are not in the frame. */
function filesOf(part) {
  return [...document.querySelectorAll(`meta[name="berth:part"][data-of~="${part}"]`)].map(({ content }) => content);
}

// As files on a host it may lie anywhere, and there are no other pages than these.
const [, below] = location.pathname.match(/\/(explore|reference)(?:\/|$)/) ?? [];
const part = document.querySelector('meta[name="berth-server"]') ? (below ?? "launch") : partOf(location.pathname);
for (const href of filesOf(part)) {
  const link = document.createElement("link");
  Object.assign(link, { rel: "preload", as: "fetch", type: "application/wasm", crossOrigin: "anonymous", href });
  document.head.append(link);
}

/** Puts the page that comes after signing in where the browser keeps files: it comes while somebody types a password. */
function fetchNext() {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  const here = filesOf(part);
  for (const href of filesOf(partOf(next.split(/[?#]/)[0])).filter((href) => !here.includes(href))) {
    // Read to its end, or the browser would not keep it. What does not come now is asked for when it is wanted.
    fetch(href, { priority: "low" }).then((answer) => answer.arrayBuffer()).catch(() => {});
  }
}

function sayWhy(error) {
  const note = document.createElement("p");
  note.className = "boot-failed";
  note.textContent =
    "Berth could not start in this browser: " +
    (error?.message ?? String(error)) +
    ". Loading the page again may help; it needs WebAssembly and a browser of 2024 or later.";
  document.body.append(note);
}

addEventListener("DOMContentLoaded", async () => {
  const { js, wasm } = document.querySelector('meta[name="berth:app"]').dataset;
  try {
    // A page of files has relative addresses; a script would take them for its own neighbours.
    const app = await import(new URL(js, document.baseURI).href);
    await app.default({ module_or_path: new URL(wasm, document.baseURI) });
    if (part === "login") fetchNext();
  } catch (error) {
    sayWhy(error);
    throw error;
  }
});
