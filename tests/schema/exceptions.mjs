// Where the schema and dstack part, and why. A test fails when one of these is no longer needed.

/** Documents that dstack accepts and the schema flags. */
export const FLAGGED = [
  {
    reason: "`!!binary` is text to PyYAML's reader and bytes to that of JavaScript",
    ids: ["b00405", "b00563", "b01827", "b01906", "b02316", "b02469", "b02498"],
  },
  {
    reason: "`!!null` before something that is not null is null to PyYAML and text to the reader of JavaScript",
    ids: ["b00798", "b01272", "b01351", "b01746", "b01983", "b02062"],
  },
  { reason: "a `!!set` counts as a list in Python; to JSON it is a mapping", ids: ["b02625"] },
  { reason: "JSON has no `.nan` to compare with 50 GB", ids: ["b03118", "b03220"] },
  {
    reason: "NEL, LS and PS break a line in YAML 1.1 only",
    ids: ["b04381", "b04382", "b04383"],
  },
];

/** Accepted documents in which the language server looks at each of two equal keys; dstack takes the last. */
export const EQUAL_KEYS = new Set(["b04321", "b04322", "b04324"]);

/** Documents with a wrong key, type or choice that the schema does not see. */
export const MISSED = [
  {
    reason: "a date without quotes is text in YAML 1.2, and may be text in 1.1",
    ids: [
      "b00378", "b00379", "b00380", "b00616", "b00617", "b00695", "b00931", "b00932", "b00933", "b01089", "b01090",
      "b01563", "b01564", "b01801", "b01881", "b02207", "b02410", "b02457", "b03481", "b04487",
    ],
  },
  { reason: "the language server may give up on a mapping that holds itself, wherever its stack ends", ids: ["b04334", "b04341"] },
  { reason: "`!!null` before text is text to the reader of JavaScript", ids: ["b00719"] },
  { reason: "`!!omap` is a list of pairs in Python only", ids: ["b01117", "b01196", "b01275", "b01354", "b01591"] },
  { reason: "a key that is null is the text `null` or empty in JSON", ids: ["b02405"] },
  { reason: "any character beyond ASCII may be a digit or a letter to the patterns", ids: ["b01739", "b03358", "b03359"] },
  { reason: "to JSON it is the same number as one that is accepted", ids: ["b02266", "b02658", "b02517"] },
  { reason: "JSON knows no number that is not finite", ids: ["b02605", "b02702", "b02704", "b03380"] },
];

export const idsOf = (list) => new Set(list.flatMap(({ ids }) => ids));

/** Documents that dstack 0.22 accepts and its schema flags. */
export const FLAGGED_0_22 = [
  {
    reason: "`!!binary` is text to PyYAML's reader and bytes to that of JavaScript",
    ids: [
      "d00108", "d00159", "d00192", "d00262", "d00513", "d00570", "d00841", "d00943", "d01357", "d01573",
      "d01634", "d01713", "d01741", "d01769", "d01783", "d01797", "d01839", "d01853", "d01867", "d01881",
      "d01895", "d01937", "d02016", "d02141", "d02182", "d02225", "d02531", "d02564", "d02596", "d02778",
      "d02874", "d03004", "d03022", "d03054", "d03969", "d04119", "d04133", "d05072", "d05399", "d05400",
      "b00405", "b00563", "b02316", "b02469", "b02498",
    ],
  },
  {
    reason: "a `!!set` counts as a list in Python; to JSON it is a mapping",
    ids: [
      "d00535", "d00553", "d00584", "d00596", "d00703", "d00732", "d03011", "d03036", "d04103", "d04218",
      "d04353", "b02625",
    ],
  },
  {
    reason: "JSON knows no number that is not finite",
    ids: [
      "d02184",
    ],
  },
  {
    reason: "`y` and `n` are text to PyYAML and booleans to YAML 1.1",
    ids: [
      "d04436", "d05753", "b00353", "b00354", "b00512", "b00669",
    ],
  },
  {
    reason: "`!!null` before something that is not null is null to PyYAML and text to the reader of JavaScript",
    ids: [
      "b00640", "b00798", "b01272", "b01351", "b01746", "b01983",
    ],
  },
  {
    reason: "NEL, LS and PS break a line in YAML 1.1 only",
    ids: [
      "b04381", "b04382", "b04383",
    ],
  },
];
