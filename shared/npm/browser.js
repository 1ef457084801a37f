import init from "./berth.js";

await init({ module_or_path: new URL("./berth_bg.wasm", import.meta.url) });

export * from "./api.js";
