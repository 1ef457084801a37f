// Runs before the first paint: the theme and the rail's width must not change under the reader's eyes.
// Then starts the wasm, whose address Trunk wrote into the page (pattern_script in Trunk.toml).

const root = document.documentElement;
try {
  const theme = localStorage.getItem("berth.theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  if (localStorage.getItem("berth.rail") === "slim") root.dataset.rail = "slim";
} catch {
  // Storage is closed to this page: the defaults do.
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
  } catch (error) {
    sayWhy(error);
    throw error;
  }
});
