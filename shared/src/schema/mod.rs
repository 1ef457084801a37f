//! One table of fields: name, type, default, meaning, example, dialect. Key checking, did-you-mean,
//! hover, completion, the JSON Schema and the reference page are all read from it.
