//! `cargo xtask site`: the dashboard as a folder that any static web host can serve, with no server of Berth behind it.
//!
//! The folder is assembled from the dashboard as it was built for the server. Every address is a real folder with an
//! `index.html` of its own, whose addresses are relative: the site works below any path, and deep links need nothing
//! of the host. Each page says in a mark that there is no server to ask, and where root and catalogue are.

use std::{
    fs,
    path::{Path, PathBuf},
};

use berth_shared::{
    catalog::Catalogue,
    diagnostics::Code,
    schema::{
        Dialect, field, fields,
        json::{File, json_schema},
    },
};

use crate::{
    build::{self, Profile},
    setup::{self, path_with_tools},
    shell::{Problem, Steps, command, root, run, target_dir},
};

/// Says that a folder holds a site, and may be written anew.
const MARK: &str = "berth-site.txt";

/// As the server sends it with every page, but for what a page cannot say of itself.
const CONTENT_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
                              img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'";

/// What the page of an address that leads nowhere shows where the host serves it below a path that it does not know.
const LOST: &str = "<p class=\"boot-failed\" id=\"boot-lost\">There is no page at this address. The link may be old, or mistyped.</p>";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    profile: Profile,
    out: PathBuf,
    base: String,
}

impl Options {
    /// Of the words after `site`.
    pub(crate) fn parse(words: &[&str]) -> Result<Self, Problem> {
        let mut options =
            Self { profile: Profile::Release, out: target_dir().join("site"), base: "/".to_owned() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = |what: &str| {
                words.next().ok_or_else(|| Problem::new(format!("`{word}` wants {what} behind it")))
            };
            match *word {
                "--quick" => options.profile = Profile::Quick,
                "--out" => options.out = root().join(value("a folder")?),
                "--base" => {
                    let base = value("a path such as `/berth/`")?.trim_matches('/');
                    options.base = if base.is_empty() { "/".to_owned() } else { format!("/{base}/") };
                }
                other => {
                    return Err(Problem::new(format!(
                        "`{other}` means nothing here: `--quick`, `--out DIR` and `--base /PATH/` do"
                    )));
                }
            }
        }
        Ok(options)
    }
}

/// Builds the dashboard, and the site from it.
pub(crate) fn site(steps: &mut Steps, options: &Options) -> Result<(), Problem> {
    setup::for_build(steps)?;
    build::dashboard(steps, options.profile, None)?;
    steps.step("site", || assemble(&root().join("frontend/dist"), &options.out, &options.base))?;
    if options.profile == Profile::Release {
        steps.step("compress the site", || {
            run(command("node")
                .env("PATH", path_with_tools()?)
                .arg(root().join("frontend/js/compress.mjs"))
                .arg(&options.out))
        })?;
    }
    steps.summary();
    println!("built {}", options.out.display());
    println!(
        "    any static web host can serve it: editor, problems, offers, explorer, reference and share links work"
    );
    println!("    launching, runs, team and terminals need a server: `cargo xtask run`");
    Ok(())
}

/// Makes the site in `out` of the dashboard in `dist`. `base` is the path that the host serves it below, for the page
/// of addresses that lead nowhere; all others find out by themselves.
pub(crate) fn assemble(dist: &Path, out: &Path, base: &str) -> Result<(), Problem> {
    let page = fs::read_to_string(dist.join("index.html"))
        .map_err(|error| Problem::new(format!("the dashboard is not built: {}: {error}", dist.display())))?;
    let packed = root().join("shared/catalog/offers.bin");
    let packed = fs::read(&packed)
        .map_err(|error| Problem::new(format!("cannot read {}: {error}", packed.display())))?;
    let version = Catalogue::version_of(&packed).map_err(|error| Problem::new(error.to_string()))?;
    let catalogue = format!("assets/catalog-{version}.bin");
    clear(out)?;
    write(&out.join(MARK), "Made by `cargo xtask site`; the next one takes its place.\n".as_bytes())?;
    copy(dist, out)?;
    write(&out.join(&catalogue), &packed)?;
    for dialect in Dialect::ALL {
        let name = format!("schema/dstack-{}.json", dialect.name());
        write(&out.join(name), json_schema(File::Configuration(dialect)).as_bytes())?;
    }
    for path in pages() {
        let depth = if path.is_empty() { 0 } else { path.split('/').count() };
        let up = if depth == 0 { "./".to_owned() } else { "../".repeat(depth) };
        write(&out.join(path).join("index.html"), marked(&page, &up, &catalogue)?.as_bytes())?;
    }
    let lost = marked(&page, base, &catalogue)?.replace("<body>", &format!("<body>{LOST}"));
    write(&out.join("404.html"), lost.as_bytes())
}

/// The path of every page, without slashes at its ends.
fn pages() -> Vec<String> {
    let fixed = [
        "",
        "explore",
        "runs",
        "team",
        "login",
        "reference",
        "reference/newer",
        "reference/older",
        "reference/problems",
    ];
    let newer = fields(Dialect::V0_22).filter(|key| field(key.path, Dialect::V0_18).is_none());
    let keys = fields(Dialect::V0_18).chain(newer);
    fixed
        .into_iter()
        .map(str::to_owned)
        .chain(keys.map(|field| format!("reference/{}", field.path)))
        .chain(Code::ALL.iter().map(|code| format!("reference/problems/{}", code.name())))
        .collect()
}

/// The dashboard's page for a place from which `up` leads to the root.
fn marked(page: &str, up: &str, catalogue: &str) -> Result<String, Problem> {
    let marks = format!(
        "<head>\n<meta http-equiv=\"content-security-policy\" content=\"{CONTENT_POLICY}\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"berth-server\" content=\"none\" data-root=\"{up}\" data-catalogue=\"{up}{catalogue}\">"
    );
    let relative = page.replace("=\"/", &format!("=\"{up}"));
    let marked = relative.replacen("<head>", &marks, 1);
    if marked == relative || !page.contains("=\"/") {
        return Err(Problem::new(
            "the dashboard's page is not as expected: it has no `<head>`, or no addresses",
        ));
    }
    Ok(marked)
}

/// Makes `out` an empty folder; one that holds something else than a site is left alone.
fn clear(out: &Path) -> Result<(), Problem> {
    let filled = fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some());
    if !filled {
        return Ok(());
    }
    if !out.join(MARK).exists() {
        return Err(Problem::new(format!(
            "{} holds something else than a site: name an empty folder, or a new one",
            out.display()
        )));
    }
    fs::remove_dir_all(out).map_err(|error| cannot_write(out, &error))
}

/// Copies a dashboard but for its page, and for what was compressed for the server.
fn copy(from: &Path, to: &Path) -> Result<(), Problem> {
    let entries = fs::read_dir(from)
        .map_err(|error| Problem::new(format!("cannot read {}: {error}", from.display())))?;
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            copy(&path, &to.join(name))?;
        } else if name != "index.html" && !path.extension().is_some_and(|end| end == "br" || end == "gz") {
            let bytes = fs::read(&path)
                .map_err(|error| Problem::new(format!("cannot read {}: {error}", path.display())))?;
            write(&to.join(name), &bytes)?;
        }
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, bytes))
        .map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<!doctype html>\n<html>\n<head>\n<title>Berth</title>\n\
                        <meta name=\"berth:app\" data-js=\"/a-1.js\" data-wasm=\"/a-1.wasm\">\n\
                        <script src=\"/boot-2.js\"></script>\n</head>\n<body></body>\n</html>\n";

    /// A dashboard in a folder of the test's own.
    fn dashboard(name: &str) -> (PathBuf, PathBuf) {
        let folder = target_dir().join("site-tests").join(name);
        let _ = fs::remove_dir_all(&folder);
        let (dist, out) = (folder.join("dist"), folder.join("out"));
        for (path, text) in [
            ("index.html", PAGE),
            ("index.html.br", "old"),
            ("a-1.js", "js"),
            ("a-1.js.gz", "old"),
            ("js/editor-3.js", "editor"),
        ] {
            write(&dist.join(path), text.as_bytes()).expect("the folder can be written");
        }
        (dist, out)
    }

    fn read(path: &Path) -> String {
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    #[test]
    fn every_page_is_a_folder_whose_addresses_lead_up_to_the_root() {
        let (dist, out) = dashboard("pages");
        assemble(&dist, &out, "/").expect("it is assembled");
        for (path, up) in [
            ("", "./"),
            ("explore", "../"),
            ("reference/resources.gpu", "../../"),
            ("reference/problems/unknown-key", "../../../"),
        ] {
            let page = read(&out.join(path).join("index.html"));
            assert!(page.contains(&format!("src=\"{up}boot-2.js\"")), "{page}");
            assert!(page.contains(&format!("data-wasm=\"{up}a-1.wasm\"")), "{page}");
            assert!(page.contains(&format!("data-root=\"{up}\"")), "{page}");
            assert!(!page.contains("=\"/"), "{page}");
            let catalogue = page.split("data-catalogue=\"").nth(1).and_then(|rest| rest.split('"').next());
            assert!(out.join(path).join(catalogue.expect("named")).exists());
        }
        assert_eq!(read(&out.join("js/editor-3.js")), "editor");
        for dialect in Dialect::ALL {
            let name = format!("schema/dstack-{}.json", dialect.name());
            assert!(read(&out.join(name)).starts_with('{'));
        }
        assert!(!out.join("a-1.js.gz").exists() && !out.join("index.html.br").exists());
    }

    #[test]
    fn the_policy_comes_before_everything_that_it_rules() {
        let page = marked(PAGE, "./", "assets/c.bin").expect("it is a page");
        let policy = page.find("content-security-policy").expect("there is one");
        assert!(policy < page.find("<title>").expect("there is one"));
        assert!(marked("<body></body>", "./", "c").is_err());
    }

    #[test]
    fn the_page_for_lost_addresses_names_the_root_in_full() {
        let (dist, out) = dashboard("lost");
        assemble(&dist, &out, "/berth/").expect("it is assembled");
        let page = read(&out.join("404.html"));
        assert!(page.contains("src=\"/berth/boot-2.js\"") && page.contains("There is no page"), "{page}");
    }

    #[test]
    fn a_folder_that_holds_something_else_is_left_alone() {
        let (dist, out) = dashboard("else");
        write(&out.join("precious.txt"), b"mine").expect("the folder can be written");
        let problem = assemble(&dist, &out, "/").expect_err("refused").to_string();
        assert!(problem.contains("holds something else"), "{problem}");
        assert_eq!(read(&out.join("precious.txt")), "mine");
        // One that holds a site is written anew.
        fs::remove_file(out.join("precious.txt")).expect("it is there");
        assemble(&dist, &out, "/").expect("it is assembled");
        write(&out.join("left-over.html"), b"old").expect("the folder can be written");
        assemble(&dist, &out, "/").expect("it is assembled again");
        assert!(!out.join("left-over.html").exists());
    }

    #[test]
    fn the_command_line_says_how_and_where() {
        let parse = |words: &[&str]| Options::parse(words).map_err(|problem| problem.to_string());
        let plain = parse(&[]).expect("it is fine");
        assert_eq!((plain.profile, plain.base.as_str()), (Profile::Release, "/"));
        let full = parse(&["--quick", "--out", "x/y", "--base", "berth"]).expect("it is fine");
        assert_eq!((full.profile, full.base.as_str()), (Profile::Quick, "/berth/"));
        assert!(full.out.ends_with("x/y"));
        assert_eq!(parse(&["--out"]), Err("`--out` wants a folder behind it".to_owned()));
        assert!(parse(&["fast"]).is_err_and(|why| why.contains("`fast` means nothing here")));
    }
}
