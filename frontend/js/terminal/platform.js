// Whose habits the keys follow: those of the machine that the reader sits at, as in VS Code's terminal.

const platform = navigator.platform;

/** Command is what Control is elsewhere. */
export const isMac = /^(Mac|iP)/.test(platform);

/** Control+C copies what is selected, Control+V pastes. */
export const isWindows = platform.startsWith("Win");

/** Whether the key is held that makes a command of another one. */
export const commands = (event) => (isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey) && !event.altKey;
