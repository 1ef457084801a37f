// The colours of the dashboard, as xterm.js wants them.

/** A program's sixteen colours, in their order: the same as in logs. */
const PLAIN = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const NAMES = [...PLAIN, ...PLAIN.map((name) => `bright${name[0].toUpperCase()}${name.slice(1)}`)];

/** The page's colours, as plain values: xterm.js knows nothing of custom properties. */
export function theme() {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const colour = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const text = colour("--text");
  const colours = {
    background: colour("--sunken"),
    foreground: text,
    cursor: text,
    cursorAccent: colour("--sunken"),
    selectionBackground: colour("--selection"),
    scrollbarSliderBackground: colour("--grey-6"),
    scrollbarSliderHoverBackground: colour("--grey-7"),
    scrollbarSliderActiveBackground: colour("--grey-7"),
    ...Object.fromEntries(NAMES.map((name, number) => [name, colour(`--ansi-${number}`)])),
  };
  probe.remove();
  return colours;
}

/** Colours of what a search finds, as `#rrggbb`: the search knows no other way to write one. */
export function marks() {
  const [found, current, line] = ["--mark", "--sea-5", "--accent"].map(hex);
  return {
    matchBackground: found,
    matchOverviewRuler: found,
    activeMatchBackground: current,
    activeMatchBorder: line,
    activeMatchColorOverviewRuler: line,
  };
}

function hex(name) {
  const probe = document.createElement("span");
  probe.hidden = true;
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  // A canvas takes any colour and gives bytes.
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.fillStyle = color;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
  return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
