/** A place in a text. */
export interface Position {
  /** UTF-16 code units from the start of the text, as `String.prototype.slice` counts. */
  offset: number;
  /** From 0. Lines end at LF, CR or CRLF. */
  line: number;
  /** UTF-16 code units from the start of the line. */
  column: number;
}

/** From `start` up to, not including, `end`. */
export interface Range {
  start: Position;
  end: Position;
}

/** `error`: the configuration cannot be used. `warning`: it does something its author may not expect. */
export type Severity = "error" | "warning" | "hint";

/** One thing to tell the author of a configuration. */
export interface Diagnostic {
  /** Stable name of the rule: `unknown-key`, `disk-exact`. */
  code: string;
  severity: Severity;
  /** What is wrong, in one sentence without a full stop; literals in backticks. */
  message: string;
  /** The field it is about, such as `resources.gpu` or `env[2]`; empty for the whole document. */
  path: string;
  /** Exactly the offending text. */
  range: Range;
  /** What to do. */
  help?: string;
  /** Other places that belong to it, such as the first of two equal keys. */
  related?: Related[];
  /** Ways to mend it, the likeliest first. */
  fixes?: Fix[];
}

export interface Related {
  range: Range;
  message: string;
}

/** A way to mend a diagnostic; `applyFix` applies it. */
export interface Fix {
  /** What it does, for a button. */
  title: string;
  /** Whether it is surely what was meant. */
  certain: boolean;
  /** Changes of the text; they do not overlap. */
  edits: TextEdit[];
}

export interface TextEdit {
  range: Range;
  new_text: string;
}

/** A number; those that are not finite are texts. */
export type Size = number | "inf" | "-inf" | "nan";

/** Inclusive bounds; null is open. */
export interface IntRange {
  min: number | null;
  max: number | null;
}

/** Inclusive bounds in GB of 1024 MB; null is open. */
export interface SizeRange {
  min: Size | null;
  max: Size | null;
}

/** A dev environment as dstack 0.18 normalises it, with what dstack 0.22 has besides in `newer`. */
export interface Configuration {
  /** Since dstack 0.22 null is none: SSH alone. */
  ide: string | null;
  version: string | null;
  init: string[];
  type: "dev-environment";
  image: string | null;
  entrypoint: string | null;
  home_dir: string;
  registry_auth: { username: string; password: string } | null;
  python: string | null;
  /** A text, or the name of the submitter's variable to take it from. */
  env: Record<string, string | { key: string }>;
  setup: string[];
  resources: {
    /** Since dstack 0.22; absent is any. */
    arch?: "x86" | "arm";
    cpu: IntRange;
    memory: SizeRange;
    shm_size: Size | null;
    gpu: {
      /** Since dstack 0.22; absent is any. */
      vendor?: "nvidia" | "amd" | "google" | "intel" | "tenstorrent";
      name: string[] | null;
      count: IntRange;
      memory: SizeRange | null;
      total_memory: SizeRange | null;
      /** Major and minor. */
      compute_capability: [number, number] | null;
    } | null;
    disk: { size: SizeRange } | null;
  };
  /** `local_port` null is any that is free. */
  ports: { local_port: number | null; container_port: number }[];
  /** null = all, empty = none. */
  backends: string[] | null;
  regions: string[] | null;
  instance_types: string[] | null;
  spot_policy: "spot" | "on-demand" | "auto" | null;
  /** The duration is in seconds. */
  retry_policy: { retry: boolean; duration: number | null } | null;
  /** `off`, or seconds in decimal digits. */
  max_duration: string | null;
  /** US dollars an hour. */
  max_price: Size | null;
  pool_name: string | null;
  instance_name: string | null;
  creation_policy: "reuse" | "reuse-or-create" | null;
  termination_policy: "dont-destroy" | "destroy-after-idle" | null;
  /** Seconds. */
  termination_idle_time: number | null;
  /** What dstack 0.22 has besides, under its own names; there when the text was read as 0.22. */
  newer?: Record<string, unknown>;
}

export interface Checked {
  /** Whether there is no error. */
  ok: boolean;
  /** In the order of the text. */
  diagnostics: Diagnostic[];
  /** null when there is an error. */
  config: Configuration | null;
  /** The release of dstack that the text was read as. */
  dialect: Release;
  /** Why: it was asked for, the first line says so (`# dstack: 0.22`), or for `auto` what the text is valid in. */
  why: "asked" | "pinned" | "default" | "only-valid" | "fewer-errors" | "held";
}

/** A release of dstack. */
export type Release = "0.18" | "0.22";

/** The release whose files are meant: 0.18 unless given; `auto` is what the text itself tells. */
export type Dialect = Release | "auto";

export interface Options {
  /** Adds what it knows about GPUs, backends, regions and instance types. */
  catalogue?: Catalogue;
  dialect?: Dialect;
}

/**
 * Everything there is to say about a configuration. Takes any text.
 * @throws RangeError when there is no such dialect, here and below
 */
export function check(text: string, options?: Options): Checked;

/** Where something is asked: an offset in UTF-16 code units, or a line and a column. */
export type Place = number | Pick<Position, "line" | "column">;

/** One thing that may be written. */
export interface Completion {
  /** The key or value itself. */
  label: string;
  /** What to put in place of the range. */
  insert: string;
  /** What to select of it afterwards, in UTF-16 code units; without it the cursor goes behind it all. */
  select?: { start: number; end: number };
  kind: "key" | "value" | "gpu" | "backend" | "region" | "instance_type" | "example" | "snippet";
  /** A few words beside the label. */
  detail?: string;
  /** What it means; literals in backticks. */
  documentation?: string;
  /** Whether there is something to choose from at the place where it leads. */
  again: boolean;
}

export interface Completions {
  /** What a completion replaces. */
  range: Range;
  /** The likeliest first; at most 100. */
  items: Completion[];
  /** Whether there are more than are listed. */
  incomplete: boolean;
  /** Whether the word is one of them already. */
  exact: boolean;
}

/** What may be written at a place of a text, however unfinished that is. */
export function complete(text: string, position: Place, options?: Options): Completions;

/** What a key or a value means. */
export interface Hover {
  /** The key or the value that it is about. */
  range: Range;
  /** Where it stands: `resources.gpu`, `ports[1]`. */
  path: string;
  /** The key. */
  title: string;
  /** The type in words. */
  type: string;
  required: boolean;
  /** What holds when it is not written, as YAML. */
  default?: string;
  /** All values there are, where they can be listed. */
  values?: string[];
  /** What it means; literals in backticks. */
  doc: string;
  /** A value, as YAML. */
  example: string;
  /** What this value was read as; absent when it is not written or the text has errors. */
  read_as?: string;
  /** What the catalogue knows about the names in this value. */
  facts?: string[];
}

/** What stands at a place of a text; null where nothing has a meaning of its own. */
export function hover(text: string, position: Place, options?: Options): Hover | null;

/** A note beside a value. */
export interface Hint {
  /** The value it is about; the note goes to the end of its last line. */
  range: Range;
  /** Such as `→ exactly 500 GB`. */
  text: string;
}

/** The notes for a text, in its order; none while it has errors. */
export function hints(text: string, options?: { dialect?: Dialect }): Hint[];

/** A configuration as the text of another release. */
export interface Converted {
  text: string;
  /** What makes it of the text before. */
  edits: TextEdit[];
  /** What is written otherwise; `before` and `after` are shortened, null where nothing was or is. */
  changed: { path: string; range: Range; before: string | null; after: string | null }[];
  /** What the other release has no words for; comments in the text keep what was written. */
  lost: { path: string; range: Range; message: string }[];
}

/**
 * A configuration rewritten for another release of dstack; comments and layout stay.
 * @throws Error when the text is not valid in the release that it is read as
 */
export function convert(text: string, releases: { from: Release; to: Release }): Converted;

/**
 * The text with a fix applied.
 * @throws RangeError when the fix was made for another text
 */
export function applyFix(text: string, fix: Fix | Proposal | Converted): string;

/** A machine that can be rented: one instance type in one region, spot or on-demand. */
export interface Offer {
  backend: string;
  region: string;
  instance_type: string;
  /** The architecture of its CPU where that was said; not there when its names alone tell. */
  arch?: "x86" | "arm";
  cpus: number;
  /** GiB. */
  memory_gib: number;
  gpu: { name: string; count: number; memory_gib: number } | null;
  /** GiB; null = chosen at launch. */
  disk_gib: number | null;
  spot: boolean;
  /** US dollars an hour. */
  price: number;
  /** What the price is based on. */
  basis: "listed" | "sum" | "estimated" | "own";
  /** Date of the price, `YYYY-MM-DD`. */
  as_of: string | null;
  availability: "available" | "unknown" | "idle" | "no_quota" | "not_available" | "busy";
}

/** What each limit costs, and what to relax. */
export interface Explanation {
  /** How many offers there are without any limit. */
  universe: number;
  /** How many fit. */
  total: number;
  /** The lowest price among those, US dollars an hour. */
  cheapest: number | null;
  constraints: ConstraintCost[];
  /** The smallest changes that bring more, the best first. */
  relaxations: Relaxation[];
}

/** The part of a configuration that rules offers out. */
export type Constraint =
  | "cpu"
  | "arch"
  | "memory"
  | "gpu_count"
  | "gpu_vendor"
  | "gpu_name"
  | "gpu_memory"
  | "gpu_total_memory"
  | "compute_capability"
  | "disk"
  | "max_price"
  | "spot"
  | "backends"
  | "regions"
  | "instance_types"
  | "reuse";

export interface ConstraintCost {
  constraint: Constraint;
  /** The field that it comes from. */
  path: string;
  /** How many of all offers it rules out on its own. */
  rules_out: number;
  /** How many would fit without it. */
  without: number;
  /** US dollars an hour. */
  cheapest_without: number | null;
}

/** Changes that belong together, and what they would give. */
export interface Relaxation {
  /** One change; several when no single one helps. */
  changes: Change[];
  /** How to write them into the text; not there when there is no telling. */
  proposal?: Proposal;
  /** How many offers would fit. */
  total: number;
  /** US dollars an hour. */
  cheapest: number;
}

export interface Change {
  constraint: Constraint;
  /** The field to change. */
  path: string;
  /** What the change is: `ask for 24 GB or more of GPU memory`. */
  description: string;
  /** Whether the constraint goes, as opposed to being widened. */
  drops: boolean;
}

export interface Proposal {
  /** What changes, for people: values as they are written, null where none is. */
  fields: { path: string; before: string | null; after: string | null }[];
  /** The change; `applyFix(text, proposal)` makes it. */
  edits: TextEdit[];
}

export interface Offers {
  /** Whether there is an offer. */
  ok: boolean;
  diagnostics: Diagnostic[];
  catalog_version: string;
  /** How many fit; `offers` holds the first of them. */
  total: number;
  /** Those that can be had first, then by price. */
  offers: Offer[];
  /** When asked for, and when nothing fits; null while the text has errors. */
  explanation: Explanation | null;
}

/** A table of offers. */
export class Catalogue {
  private constructor();
  /**
   * Reads a packed catalogue.
   * @throws Error when it is none, or of another version
   */
  static load(bytes: Uint8Array | ArrayBuffer): Catalogue;
  /** Changes with the content. */
  readonly version: string;
  /** How many offers it holds. */
  readonly size: number;
  /** The offers that fit a configuration. `limit` is 20 unless given. */
  offers(text: string, options?: { limit?: number; explain?: boolean; dialect?: Dialect }): Offers;
  /** Gives its memory back; it cannot be used afterwards. */
  free(): void;
}
