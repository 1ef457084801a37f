use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn asked(file: &Path, to: Dialect, write: bool, format: Format, mut stdin: &[u8]) -> (u8, String, String) {
    let args = Args { file: Some(file.to_owned()), to, from: Asked::Auto, write, format };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let streams = Streams { stdin: &mut stdin, out: &mut out, err: &mut err };
    let code = converted(&args, Path::new(""), streams, false).expect("it can be read and written");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (code, text(out), text(err))
}

fn stdin(to: Dialect, text: &str) -> (u8, String, String) {
    asked(Path::new("-"), to, false, Format::Text, text.as_bytes())
}

const NEWER: &str = "type: dev-environment
name: training # ours
ide: vscode
fleets: [team]
resources:
  gpu: A100:2
";

const OLDER: &str = "type: dev-environment
# name: training # ours  # not in dstack 0.18
ide: vscode
pool_name: team
resources:
  gpu: A100:2
";

#[test]
fn the_text_is_printed_and_what_is_said_about_it_stands_beside() {
    let (code, out, err) = stdin(Dialect::V0_18, NEWER);
    assert_eq!((code, out.as_str()), (0, OLDER));
    insta::assert_snapshot!(err, @r"
    changed: -:4: `fleets: [team]` is `pool_name: team` now
    lost: -:2: `name`: dstack 0.18 has no `name`
    converted from dstack 0.22 to 0.18: 1 thing is lost; comments in the text keep what was written
    ");
}

#[test]
fn what_both_take_is_read_as_the_other_release() {
    let text = "type: dev-environment\nide: vscode\nresources: {gpu: 24GB}\n";
    let (_, out, err) = stdin(Dialect::V0_22, text);
    assert_eq!(out, text.replace("24GB", "\"24GB:1\""));
    assert!(err.contains("from dstack 0.18 to 0.22: nothing is lost"), "{err}");
    let (code, out, err) = stdin(Dialect::V0_22, NEWER);
    assert_eq!(
        (code, out.as_str(), err.as_str()),
        (0, NEWER, "it is a configuration of dstack 0.22 already\n")
    );
}

#[test]
fn what_is_not_valid_is_shown_with_its_mistakes_and_nothing_is_printed() {
    let (code, out, err) = stdin(Dialect::V0_22, "type: dev-environment\nide: vscode\npool_name: [\n");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("yaml-syntax") && err.contains("is not converted"), "{err}");
    let args = (Path::new("-"), Dialect::V0_22, false, Format::Text);
    let (code, ..) = asked(args.0, args.1, args.2, args.3, b"type: dev-environment\n");
    assert_eq!(code, 0);
    let mut bytes = NEWER.as_bytes().to_vec();
    bytes.push(0xff);
    let (code, out, err) = asked(args.0, args.1, args.2, args.3, &bytes);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("not-utf-8"), "{err}");
}

#[test]
fn a_file_is_written_back_with_its_permissions() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(".dstack.yml");
    std::fs::write(&file, NEWER).expect("a file");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("it is ours");
    let (code, out, err) = asked(&file, Dialect::V0_18, true, Format::Text, b"");
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(err.contains("changed: ") && err.contains("lost: "), "{err}");
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), OLDER);
    assert_eq!(std::fs::metadata(&file).expect("it is there").permissions().mode() & 0o777, 0o640);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[test]
fn without_a_name_the_file_of_the_folder_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(default_file(folder.path()), None);
    std::fs::write(folder.path().join(".dstack.yaml"), NEWER).expect("a file");
    assert_eq!(default_file(folder.path()), Some(folder.path().join(".dstack.yaml")));
}

#[test]
fn as_json_all_of_it_is_one_object() {
    let (code, out, err) = asked(Path::new("-"), Dialect::V0_18, false, Format::Json, NEWER.as_bytes());
    assert_eq!((code, err.as_str()), (0, ""));
    let json: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&json["ok"], &json["from"], &json["to"]), (&true.into(), &"0.22".into(), &"0.18".into()));
    assert_eq!((&json["text"], &json["lost"][0]["path"]), (&OLDER.into(), &"name".into()));
    assert_eq!(json["changed"][0]["after"], "`pool_name: team`");
    let (code, out, _) = asked(Path::new("-"), Dialect::V0_18, false, Format::Json, b"a: 1");
    let json: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &json["ok"], json.get("text")), (1, &false.into(), None));
    assert!(json["error"].is_string() && json["diagnostics"].is_array(), "{json}");
}
