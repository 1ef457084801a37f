use std::path::{Path, PathBuf};

use berth_shared::config::TEXT_LIMIT;

use super::*;

const VALID: &str = "type: dev-environment\nide: vscode\n";

fn outcome(paths: &[&Path], format: Format, stdin: &[u8]) -> (u8, String) {
    let (code, out, _) = asked(paths, format, false, stdin);
    (code, out)
}

/// The exit code, standard output and standard error.
fn asked(paths: &[&Path], format: Format, fix: bool, mut stdin: &[u8]) -> (u8, String, String) {
    let args = Args {
        paths: paths.iter().map(|path| path.to_path_buf()).collect(),
        format,
        fix,
        dialect: Asked::default(),
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let streams = Streams { stdin: &mut stdin, out: &mut out, err: &mut err };
    let code = validate(&args, streams, false).expect("a vector takes everything");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (code, text(out), text(err))
}

fn stdin(format: Format, text: &[u8]) -> (u8, String) {
    outcome(&[Path::new("-")], format, text)
}

/// A folder of its own for a test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("berth-validate-{name}-{}", std::process::id()));
        std::fs::create_dir_all(path.join("sub/node_modules")).expect("a folder for the test");
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).expect("a file for the test");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_mistake_is_shown_with_its_line_and_its_fix() {
    let (code, text) = stdin(Format::Text, b"type: dev-environment\nide: vscode\nresurces: {}\n");
    assert_eq!(code, 1);
    insta::assert_snapshot!(text, @r"
    error[unknown-key]: unknown key `resurces`
     --> -:3:1
      |
    3 | resurces: {}
      | ^^^^^^^^
      |
      = help: did you mean `resources`?
      = fix: replace with `resources`

    invalid: 1 error; `--fix` mends 1
    ");
}

#[test]
fn a_valid_file_says_so_and_exits_0() {
    assert_eq!(stdin(Format::Text, VALID.as_bytes()), (0, "valid: no problems\n".to_owned()));
}

#[test]
fn json_is_one_object_with_the_normalised_configuration() {
    let (code, text) = stdin(Format::Json, VALID.as_bytes());
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((code, &json["file"], &json["ok"]), (0, &"-".into(), &true.into()));
    assert_eq!(json["config"]["resources"]["cpu"]["min"], 2);
    let (code, text) = stdin(Format::Jsonl, b"[");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((code, &json["ok"], &json["config"]), (1, &false.into(), &serde_json::Value::Null));
    assert_eq!(json["diagnostics"][0]["code"], "yaml-syntax");
}

#[test]
fn a_folder_is_searched_and_other_peoples_files_are_left_alone() {
    let folder = Folder::new("search");
    folder.write(".dstack.yml", VALID);
    folder.write("sub/serve.dstack.yml", "type: dev-environment\nide: none\n");
    folder.write("sub/other.yml", "[");
    folder.write("sub/node_modules/.dstack.yml", "[");
    let (code, text) = outcome(&[&folder.0], Format::Jsonl, b"");
    let files: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((code, files.len()), (1, 2));
    assert_eq!((&files[0]["ok"], &files[1]["ok"]), (&true.into(), &false.into()));
    let (_, text) = outcome(&[&folder.0], Format::Json, b"");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&json["ok"], json["files"].as_array().map(Vec::len)), (&false.into(), Some(2)));
}

#[test]
fn what_cannot_be_read_is_wrong_usage() {
    assert_eq!(outcome(&[Path::new("/nowhere/.dstack.yml")], Format::Text, b"").0, 2);
    let folder = Folder::new("nothing");
    assert_eq!(outcome(&[&folder.0], Format::Text, b"").0, 2);
}

#[test]
fn binary_junk_and_endless_input_get_an_answer() {
    let (code, text) = stdin(Format::Text, b"type: dev-environment\n\xff\xfe\n");
    assert_eq!(code, 1);
    assert!(text.contains("not-utf-8") && text.contains(":2:1"), "{text}");
    let endless = vec![b'x'; TEXT_LIMIT * 4];
    let (code, text) = stdin(Format::Text, &endless);
    assert_eq!(code, 1);
    assert!(text.contains("text-too-long") && text.len() < 2000, "{text}");
}

const MISTAKEN: &str = "# ours\ntype: dev-environment\nide: vscode  # not vim\n\nresurces:\n  memory: 32G\n  disk: 500GB\nports: [22:22]\nenv: {A: 50%, B: \"1\", B: \"2\"}\n";

#[test]
fn annotations_name_the_place_and_end_where_they_should() {
    let folder = Folder::new("github");
    let file = folder.write("a,b.dstack.yml", MISTAKEN);
    let (code, text) = outcome(&[&file], Format::Github, b"");
    assert_eq!(code, 1);
    insta::assert_snapshot!(text.replace(&*folder.0.to_string_lossy(), "repo"));
    let (_, text) = stdin(Format::Github, b"type: dev-environment\nide: none\n");
    assert!(text.contains("::error") && !text.contains("file="), "{text}");
}

#[test]
fn sarif_holds_rules_places_and_fixes() {
    let text =
        "type: dev-environment\nide: vscode\ninit: [\"🚢\", 1.10]\npyhton: \"3.11\"\nenv: {A: a, A: b}\n";
    let (code, text) = stdin(Format::Sarif, text.as_bytes());
    assert_eq!(code, 1);
    let log: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    insta::assert_snapshot!(serde_json::to_string_pretty(&log).expect("JSON"));
}

#[test]
fn sarif_of_every_rule_is_complete() {
    for &code in berth_shared::diagnostics::Code::ALL {
        let example = code.bad_example();
        let alone = !matches!(example, berth_shared::diagnostics::Example::Profiles(_));
        if alone && !code.needs_catalogue() {
            // The rules are those of 0.18, where an example does not say otherwise.
            let newer = berth_shared::config::pinned(example.shown()).is_some();
            let dialect = if newer { Asked::V0_22 } else { Asked::V0_18 };
            let (_, text) = read_as(dialect, Format::Sarif, &example.bytes());
            let log: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            let run = &log["runs"][0];
            let results = run["results"].as_array().expect("results");
            assert!(!results.is_empty(), "{}", code.name());
            for result in results {
                let rule =
                    &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().expect("an index") as usize];
                assert_eq!(rule["id"], result["ruleId"]);
                assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()));
                let region = &result["locations"][0]["physicalLocation"]["region"];
                assert!(region["startLine"].as_u64() >= Some(1) && region["startColumn"].as_u64() >= Some(1));
            }
        }
    }
}

#[test]
fn fixing_a_file_changes_what_is_certain_and_nothing_else() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("fix");
    let file = folder.write(".dstack.yml", MISTAKEN);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("it is ours");
    let link = folder.0.join("link.dstack.yml");
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    let (code, text, _) = asked(&[&link], Format::Text, true, b"");
    assert_eq!(code, 0);
    insta::assert_snapshot!(text.replace(&*folder.0.to_string_lossy(), "repo"));
    let mended = std::fs::read_to_string(&file).expect("it is there");
    assert_eq!(
        mended,
        MISTAKEN.replace("resurces", "resources").replace("32G\n", "32GB\n").replace("22:22", "\"22:22\"")
    );
    let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert!(link.is_symlink());
    // Nothing is left lying about, and a second time there is nothing to do.
    assert_eq!(std::fs::read_dir(&folder.0).expect("a folder").count(), 3);
    let (_, text, _) = asked(&[&file], Format::Json, true, b"");
    assert!(!text.contains("\"fixed\""), "{text}");
}

#[test]
fn fixing_standard_input_prints_the_text_alone() {
    let text = MISTAKEN.replace('\n', "\r\n");
    let (code, out, err) = asked(&[Path::new("-")], Format::Text, true, text.as_bytes());
    assert_eq!(code, 0);
    assert_eq!(
        out,
        text.replace("resurces", "resources").replace("32G\r", "32GB\r").replace("22:22", "\"22:22\"")
    );
    assert!(err.contains("fixed[unknown-key]: -:5:1") && err.contains("valid: "), "{err}");
    let (code, out, _) = asked(&[Path::new("-")], Format::Text, true, b"\xff: [");
    assert_eq!((code, out.as_str()), (1, "\u{fffd}: ["), "what is no text comes back as it was");
}

#[test]
fn a_file_of_profiles_is_checked_as_one() {
    let folder = Folder::new("profiles");
    std::fs::create_dir_all(folder.0.join("sub/.dstack")).expect("a folder");
    let file = folder.write("sub/.dstack/profiles.yml", "profiles:\n- name: cheap\n  max_price: $1\n");
    folder.write("sub/profiles.yml", "[");
    let (code, text) = outcome(&[&folder.0], Format::Text, b"");
    assert_eq!(code, 1);
    assert!(
        text.contains("invalid-number") && text.ends_with("invalid: 1 error; `--fix` mends 1\n"),
        "{text}"
    );
    let (code, text, _) = asked(&[&file], Format::Json, true, b"");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((code, &json["config"]), (0, &serde_json::Value::Null));
    assert_eq!(json["profiles"][0]["max_price"], 1.0);
    assert_eq!(json["fixed"][0]["code"], "invalid-number");
}

fn read_as(dialect: Asked, format: Format, mut text: &[u8]) -> (u8, String) {
    let args = Args { paths: vec![PathBuf::from("-")], format, fix: false, dialect };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let streams = Streams { stdin: &mut text, out: &mut out, err: &mut err };
    let code = validate(&args, streams, false).expect("a vector takes everything");
    (code, String::from_utf8(out).expect("text"))
}

const NEWER: &str = "type: dev-environment\nname: my-env\nide: cursor\nidle_duration: 30m\n";

#[test]
fn a_file_of_dstack_0_22_is_told_by_itself() {
    let read = |dialect, text: &str| read_as(dialect, Format::Text, text.as_bytes());
    assert_eq!(read(Asked::default(), NEWER), (0, "valid as dstack 0.22: no problems\n".to_owned()));
    assert_eq!(read(Asked::V0_18, NEWER).0, 1);
    assert_eq!(read(Asked::default(), VALID), (0, "valid: no problems\n".to_owned()));
}

#[test]
fn the_json_of_a_file_has_its_dialect_and_the_configuration_as_that_release_writes_it() {
    for (dialect, text, idle) in [
        (Asked::Auto, NEWER, ("0.22", "idle_duration", 1800)),
        (Asked::V0_22, "type: dev-environment\nidle_duration: off\n", ("0.22", "idle_duration", -1)),
        (
            Asked::Auto,
            "type: dev-environment\nide: vscode\ntermination_idle_time: 5m\n",
            ("0.18", "termination_idle_time", 300),
        ),
    ] {
        let (code, json) = read_as(dialect, Format::Json, text.as_bytes());
        let report: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(code, 0, "{json}");
        assert_eq!(
            (&report["dialect"], &report["config"][idle.1]),
            (&idle.0.into(), &idle.2.into()),
            "{json}"
        );
    }
}
