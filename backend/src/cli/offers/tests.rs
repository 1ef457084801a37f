use super::*;

const HEAD: &str = "type: dev-environment\nide: vscode\n";

/// What the command line says: exit status, standard output, standard error.
type Answer = Result<(u8, String, String), Failure>;

fn command(line: &[&str]) -> Args {
    use clap::Parser as _;
    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        args: Args,
    }
    Command::parse_from(["offers"].iter().chain(line)).args
}

/// Runs the command line with `text` on standard input.
fn with(line: &[&str], text: &str, folders: &[PathBuf]) -> Answer {
    in_folder(line, text, folders, Path::new("/nowhere"), None)
}

fn in_folder(
    line: &[&str],
    text: &str,
    folders: &[PathBuf],
    folder: &Path,
    data_dir: Option<PathBuf>,
) -> Answer {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let world = World {
        folders,
        folder,
        data_dir,
        stdin: &mut text.as_bytes(),
        out: &mut out,
        err: &mut err,
        colour: false,
    };
    let code = offers(&command(line), world)?;
    Ok((code, String::from_utf8(out).expect("text"), String::from_utf8(err).expect("text")))
}

fn asked(text: &str, format: &str, max_offers: &str) -> (u8, String, String) {
    let text = format!("{HEAD}{text}\n");
    with(&["-", "--format", format, "--max-offers", max_offers], &text, &[]).expect("it is answered")
}

/// Flags alone, without a file.
fn flags(line: &[&str]) -> (u8, String, String) {
    with(line, "", &[]).expect("it is answered")
}

#[test]
fn the_offers_that_fit_are_a_table() {
    let (code, text, _) = asked("resources: {gpu: 80GB}\nspot_policy: auto\nmax_price: 1", "text", "3");
    assert_eq!(code, 0);
    insta::assert_snapshot!(text, @"
    #  BACKEND  REGION          INSTANCE                  RESOURCES                                   SPOT  PRICE       AS OF
    1  verda    FIN-01          1A100.22V                 22xCPU, 120GB, 1xA100 (80GB), 100GB (disk)  yes   $0.58       unknown
    2  azure    eastus          Standard_NC24ads_A100_v4  24xCPU, 220GB, 1xA100 (80GB), 100GB (disk)  yes   $0.746721   2026-05-20
    3  azure    northcentralus  Standard_NC24ads_A100_v4  24xCPU, 220GB, 1xA100 (80GB), 100GB (disk)  yes   ~$0.814598  2026-05-20
       ...
    Shown 3 of 20 offers, $1 max, prices from 2026-04-29 to 2026-05-20, 2 without a date, 10 estimated (~), 172 more above `max_price`; catalogue a94ae25c (built in)
    ");
}

#[test]
fn when_none_fits_it_says_why_and_what_to_change() {
    let (code, text, _) =
        asked("resources: {gpu: 'A100:80GB:2'}\nmax_price: 5\nbackends: [aws, gcp, azure]", "text", "3");
    assert_eq!(code, 1);
    insta::assert_snapshot!(text, @"
    no offer fits; catalogue a94ae25c (built in)

    what each constraint rules out of 170249 offers:
      resources.cpu: 3533; 0 fit without it
      resources.memory: 8729; 0 fit without it
      resources.gpu.name: 169642; 0 fit without it
      resources.gpu.memory: 169447; 0 fit without it
      resources.gpu.count: 168557; 20 fit without it
      resources.disk: 819; 0 fit without it
      max_price: 23003; 32 fit without it
      spot_policy: 81817; 27 fit without it
      backends: 1626; 25 fit without it

    what brings more:
      backends: take vastai as well: 1 offer from $1.87/h
          backends: [aws, gcp, azure] -> [aws, gcp, azure, vastai]
      resources.gpu.count: ask for 1 to 2 GPUs: 20 offers from $3.673/h
          resources.gpu: 'A100:80GB:2' -> A100:80GB:1..2
      max_price: pay up to $7.35/h: 4 offers from $7.346/h
          max_price: 5 -> 7.35
      spot_policy: take spot and on-demand machines: 27 offers from $1.493442/h
          spot_policy: not written -> auto
      backends: take any backend: 25 offers from $1.87/h
          backends: [aws, gcp, azure] -> not written
      max_price: take any price: 32 offers from $7.346/h
          max_price: 5 -> not written
    ");
}

#[test]
fn json_is_one_object_with_the_total() {
    let (code, text, _) = asked("resources: {gpu: H100}", "json", "2");
    assert_eq!(code, 0);
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&value["ok"], &value["file"]), (&true.into(), &"-".into()));
    assert_eq!(value["offers"].as_array().map(Vec::len), Some(2));
    assert!(value["total"].as_u64() > Some(2));
    assert_eq!(value["offers"][0]["gpu"]["name"], "H100");
}

#[test]
fn jsonl_is_an_offer_a_line() {
    let (code, text, _) = asked("resources: {gpu: H100}", "jsonl", "4");
    assert_eq!((code, text.lines().count()), (0, 4));
    let offer: Offer = serde_json::from_str(text.lines().next().unwrap_or_default()).expect("an offer");
    assert_eq!(offer.gpu.map(|gpu| gpu.name), Some("H100".to_owned()));
}

#[test]
fn an_invalid_file_shows_its_mistakes_and_no_offers() {
    let (code, out, err) = asked("resources: {gpu: nonsense:nonsense}", "text", "3");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.starts_with("error["), "{err}");
    let (code, out, _) = asked("resources: {gpu: nonsense:nonsense}", "json", "3");
    let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &value["ok"]), (1, &false.into()));
    assert_ne!(value["diagnostics"].as_array().map(Vec::len), Some(0));
}

#[test]
fn reuse_has_no_cloud_offers() {
    let (code, text, _) = asked("creation_policy: reuse", "text", "3");
    assert_eq!(code, 1);
    assert!(text.starts_with("no cloud offers"), "{text}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let said = |line: &[&str]| with(line, "", &[]).expect_err("it is not there").to_string();
    assert_eq!(said(&["/nowhere/.dstack.yml"]), "cannot read `/nowhere/.dstack.yml`");
    // Flags do not make up for a file that was named.
    assert_eq!(said(&["/nowhere/.dstack.yml", "--gpu", "A100"]), "cannot read `/nowhere/.dstack.yml`");
}

#[test]
fn without_file_and_flags_it_says_what_to_give() {
    let error = with(&[], "", &[]).expect_err("there is nothing to go by");
    insta::assert_snapshot!(error, @"there is no `.dstack.yml` here; name a file, or say what is needed by flags, such as `--gpu 24GB..` (see `berth offers --help`)");
}

#[test]
fn flags_are_enough() {
    let (code, text, _) =
        flags(&["--gpu", "A100:80GB:2..", "--cpu", "32..", "--max-price", "8", "--max-offers", "2"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(text, @"
    #  BACKEND  REGION           INSTANCE               RESOURCES                                   SPOT  PRICE  AS OF
    1  vastai   Montana, US, NA  2x-A100_SXM4-32-65536  32xCPU, 64GB, 2xA100 (80GB), 100GB (disk)   no    $1.87  2026-04-29
    2  verda    FIN-01           2A100.44V              44xCPU, 240GB, 2xA100 (80GB), 100GB (disk)  no    $2.32  unknown
       ...
    Shown 2 of 8 offers, $7.346 max, prices from 2026-04-29 to 2026-05-20, 3 without a date, 136 more above `max_price`; catalogue a94ae25c (built in)
    ");
}

#[test]
fn flags_stand_above_the_file_and_leave_the_rest_of_it() {
    let text = format!("{HEAD}resources: {{gpu: T4, memory: 32GB..}}\nbackends: [aws]\n");
    let line =
        ["-", "--gpu", "V100", "--disk", "..200GB", "--spot", "--max-offers", "3", "--format", "jsonl"];
    let (code, out, _) = with(&line, &text, &[]).expect("it is answered");
    assert_eq!(code, 0);
    for line in out.lines() {
        let offer: Offer = serde_json::from_str(line).expect("an offer");
        assert_eq!((offer.backend.as_str(), offer.spot), ("aws", true));
        assert_eq!(offer.gpu.map(|gpu| gpu.name), Some("V100".to_owned()));
        assert!(offer.memory_gib >= 32.0);
    }
}

#[test]
fn a_flag_is_read_as_the_file_reads_it() {
    let json = |line: &[&str]| {
        let (_, out, _) = flags(&[line, &["--format", "json"]].concat());
        serde_json::from_str::<serde_json::Value>(&out).expect("JSON")["total"].as_u64()
    };
    let file = |text: &str| {
        let (_, out, _) = asked(text, "json", "1");
        serde_json::from_str::<serde_json::Value>(&out).expect("JSON")["total"].as_u64()
    };
    assert_eq!(json(&["--gpu", "8"]), file("resources: {gpu: 8}"));
    assert_eq!(json(&["--gpu", "24GB..80GB"]), file("resources: {gpu: 24GB..80GB}"));
    assert_eq!(json(&["--memory", "64"]), file("resources: {memory: 64}"));
    assert_eq!(
        json(&["--memory", "64GB..", "--cpu", "..16"]),
        file("resources: {memory: 64GB.., cpu: ..16}")
    );
}

#[test]
fn a_flag_that_makes_no_sense_is_told_in_the_words_of_the_file() {
    let said = |line: &[&str]| with(line, "", &[]).expect_err("it makes no sense").to_string();
    let said = [
        said(&["--gpu", "24GB....80GB"]),
        said(&["--gpu", "A100:80GBB"]),
        said(&["--memory", "16G"]),
        said(&["--disk", "10GB"]),
        said(&["--cpu", "four"]),
        said(&["--cpu", "\" ]}\n# "]),
    ];
    insta::assert_snapshot!(said.join("\n"), @r#"
    `--gpu 24GB....80GB`: `24GB....80GB` has more than two bounds; a range is `4`, `4..`, `..8` or `4..8`
    `--gpu A100:80GBB`: `80GBB` is not a size; write a number with `MB`, `GB` or `TB`, such as `16GB`
    `--memory 16G`: `16G` is not a size; write a number with `MB`, `GB` or `TB`, such as `16GB`
    `--disk 10GB`: the disk is 10 GB, less than 50 GB; ask for 50 GB or more
    `--cpu four`: expected a whole number, got `four`; write a number such as `4`, or a range such as `4..8`
    `--cpu \" ]}\n# `: expected a whole number, got `" ]}\n# `; write a number such as `4`, or a range such as `4..8`
    "#);
}

#[test]
fn offers_can_be_grouped() {
    let said = |by: &str| {
        let line =
            ["--gpu", "80GB..", "--max-price", "3", "--spot-auto", "--max-offers", "3", "--group-by", by];
        flags(&line).1
    };
    insta::assert_snapshot!(["gpu", "backend", "region"].map(said).join("\n"), @"
    #  GPU              BACKENDS                           COUNT  SPOT      OFFERS  PRICE
    1  RTXPRO6000 96GB  gcp, vastai, verda                 1      21 of 24  24      $0.35..$2.42044
    2  A100 80GB        azure, gcp, runpod, vastai, verda  1      30 of 55  55      $0.58..$2.945207
    3  B200 180GB       verda                              1      yes       1       $0.95
       ...
    Shown 3 of 8 groups, 125 offers, prices from 2023-10-09 to 2026-08-03, 15 without a date, 20 estimated (~), 224 more above `max_price`; catalogue a94ae25c (built in)

    #  BACKEND  CHEAPEST                  GPUS  SPOT     OFFERS  PRICE
    1  verda    1RTXPRO6000.30V           1     5 of 10  10      $0.35..$2.59
    2  azure    Standard_NC24ads_A100_v4  1     yes      39      $0.746721..$2.991698
    3  vastai   1x-A100_SXM4-32-65536     1     no       6       $0.93..$2.35
       ...
    Shown 3 of 7 groups, 125 offers, prices from 2023-10-09 to 2026-08-03, 15 without a date, 20 estimated (~), 224 more above `max_price`; catalogue a94ae25c (built in)

    #  BACKEND  REGION  GPUS  SPOT    OFFERS  PRICE
    1  verda    FIN-03  1     4 of 7  7       $0.35..$1.99
    2  verda    FIN-01  1     1 of 2  2       $0.58..$1.16
    3  azure    eastus  1     yes     2       $0.746721..$2.192418
       ...
    Shown 3 of 90 groups, 125 offers, prices from 2023-10-09 to 2026-08-03, 15 without a date, 20 estimated (~), 224 more above `max_price`; catalogue a94ae25c (built in)
    ");
}

#[test]
fn groups_have_a_stable_form_for_programs() {
    let line = ["--gpu", "H100", "--group-by", "gpu", "--max-offers", "1", "--format"];
    let (_, line_out, _) = flags(&[&line[..], &["jsonl"]].concat());
    let mut group: serde_json::Value = serde_json::from_str(&line_out).expect("JSON");
    let (_, whole, _) = flags(&[&line[..], &["json"]].concat());
    let whole: serde_json::Value = serde_json::from_str(&whole).expect("JSON");
    assert_eq!(whole["groups"][0], group);
    assert_eq!(whole["offers"].as_array().map(Vec::len), Some(1));
    let first = group.as_object_mut().and_then(|group| group.remove("first")).expect("an offer");
    serde_json::from_value::<Offer>(first).expect("an offer");
    insta::assert_snapshot!(group, @r#"{"backends":["aws","digitalocean","gcp","lambda","nebius","runpod","vastai","verda"],"gpu":"H100","gpu_counts":[1,1],"gpu_memory_gib":80.0,"offers":86,"prices":[1.8,15.830424],"spot":0}"#);
}

#[test]
fn a_broken_pipe_of_numbers_is_no_trouble() {
    let (code, text, _) = flags(&["--gpu", "A100", "--max-offers", "0"]);
    assert_eq!((code, text.lines().count()), (0, 3), "{text}");
}

#[test]
fn the_catalogue_of_the_data_directory_is_used() {
    let folder = Repository::new("catalogue", "");
    let data_dir = || Some(folder.0.clone());
    let rows = {
        let all = berth_shared::catalog::Catalogue::load(crate::catalog::BUILT_IN).expect("whole");
        let mut row = all.row(0).expect("a row");
        row.offer.backend = "aws".to_owned();
        row.offer.gpu =
            Some(berth_shared::catalog::OfferGpu { name: "A100".into(), count: 1, memory_gib: 80.0 });
        (row.offer.cpus, row.offer.memory_gib, row.offer.spot) = (8.0, 64.0, false);
        crate::catalog::import::make(&[row], all.gpus()).expect("packs")
    };
    crate::catalog::file::Turn::take(&folder.0).and_then(|turn| turn.write(&rows.packed)).expect("written");
    let ask = || in_folder(&["--gpu", "A100"], "", &[], Path::new("/nowhere"), data_dir());
    let (code, text, err) = ask().expect("it is answered");
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(text.contains("Shown 1 of 1 offer, ") && text.trim_end().ends_with("(imported)"), "{text}");

    std::fs::write(crate::catalog::file::path(&folder.0), b"BERTHCATx").expect("written");
    let (code, text, err) = ask().expect("it is answered");
    assert!(code == 0 && text.trim_end().ends_with("(built in)"), "{text}");
    assert!(err.contains("cut off") && err.contains("berth catalog reset"), "{err}");
}

/// A folder with a file of profiles, removed at the end.
struct Repository(PathBuf);

impl Repository {
    fn new(name: &str, profiles: &str) -> Self {
        let path = std::env::temp_dir().join(format!("berth-offers-{name}-{}", std::process::id()));
        std::fs::create_dir_all(path.join(".dstack")).expect("a folder for the test");
        std::fs::write(path.join(".dstack/profiles.yml"), profiles).expect("a file for the test");
        Self(path)
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_profile_stands_behind_the_configuration() {
    let profiles =
        "profiles:\n- {name: nothing, backends: []}\n- {name: gcp, backends: [gcp], default: true}\n";
    let folder = Repository::new("profile", profiles);
    let folders = [folder.0.clone()];
    let backends = |text: &str, flags: &[&str]| {
        let line = [&["-", "--format", "jsonl", "--max-offers", "3"], flags].concat();
        let (_, out, _) = with(&line, &format!("{HEAD}{text}\n"), &folders).expect("it is answered");
        let backend = |line| serde_json::from_str::<Offer>(line).expect("an offer").backend;
        out.lines().map(backend).collect::<Vec<_>>()
    };
    assert_eq!(backends("resources: {gpu: T4}", &[]), ["gcp"; 3]);
    assert_eq!(backends("backends: [aws]\nresources: {gpu: T4}", &[]), ["aws"; 3]);
    assert_eq!(backends("resources: {gpu: T4}", &["--profile", "nothing"]).len(), 0);
    let error = with(&["-", "--profile", "gpc"], HEAD, &folders).expect_err("there is none");
    assert_eq!(error.to_string(), "no such profile: `gpc`; did you mean `gcp`?");
}

#[test]
fn invalid_profiles_are_shown_with_what_is_wrong() {
    let folder = Repository::new("invalid", "profiles:\n- max_price: 1\n");
    let answer = with(&["-"], HEAD, std::slice::from_ref(&folder.0));
    let Err(Failure::Profile(error)) = answer else { panic!("{answer:?}") };
    assert!(error.render(false).contains("error[missing-key]: `name` is missing"), "{}", error.render(false));
}
