//! What a launch brings for `files` of its text: which of them somebody has yet to choose, and what becomes of the rest.

use berth_shared::{
    api::{
        CodeArchive, GitSource, RunCode,
        code::{check_place, names_a_file},
    },
    config::{Configuration, FileMapping},
};
use berth_texts::{t, tf};

/// What `files` names, in its order.
#[must_use]
pub fn named(configuration: Option<&Configuration>) -> &[FileMapping] {
    configuration
        .and_then(|configuration| configuration.newer.as_deref())
        .map_or(&[], |newer| newer.files.as_slice())
}

/// What is said on the button that opens them: "train.csv to be chosen", "2 of 3 files to be chosen", "3 files chosen". `missing`
/// of `all` entries are to be chosen yet, the first of them `first`.
#[must_use]
pub fn in_words(first: Option<&str>, missing: usize, all: usize) -> String {
    match (first, missing) {
        (None, _) | (_, 0) if all == 1 => t!("File chosen").to_owned(),
        (None, _) | (_, 0) => tf!("{all} files chosen"),
        (Some(first), 1) => tf!("{first} to be chosen"),
        (Some(_), missing) => tf!("{missing} of {all} files to be chosen"),
    }
}

/// Why what was chosen cannot be put where the text says, in words without a full stop.
#[must_use]
pub fn complaint(mapping: &FileMapping, folder: bool) -> Option<String> {
    if let Err(why) = check_place(&mapping.path) {
        return Some(why);
    }
    (!folder && !names_a_file(&mapping.path)).then(|| {
        tf!(
            "a file has to be put where a name of its own is said, as in `{}/NAME`",
            mapping.path.trim_end_matches('/')
        )
    })
}

/// What is worth knowing before a launch that the page cannot bring all of: without a capital letter or a full stop. `chosen` says
/// whether a repository was chosen in the page, which stands above the text's.
#[must_use]
pub fn aside(configuration: Option<&Configuration>, chosen: bool) -> Option<String> {
    let repo = configuration?.newer.as_deref()?.repos.first()?;
    let folder = repo.local_path.as_deref().unwrap_or_default();
    (!chosen && GitSource::of(repo).is_none())
        .then(|| tf!("`{folder}` of `repos` is on your own machine: only `berth run` brings it from there"))
}

/// What a launch brings besides its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bringing {
    /// What is to be sent, in the order of the text.
    pub files: Vec<FileMapping>,
    /// The repository that is cloned before.
    pub source: Option<GitSource>,
}

impl Bringing {
    /// What a launch of a configuration brings, with `chosen` as the repository that was asked for in the page; `None` when it brings no
    /// files. Of a folder that only `berth run` can bring nothing is sent: the server says so.
    #[must_use]
    pub fn of(configuration: &Configuration, chosen: Option<GitSource>) -> Option<Self> {
        let newer = configuration.newer.as_deref()?;
        if newer.files.is_empty() {
            return None;
        }
        let source = match (chosen, newer.repos.first()) {
            (Some(chosen), _) => Some(chosen),
            (None, Some(repo)) => Some(GitSource::of(repo)?),
            (None, None) => None,
        };
        Some(Self { files: newer.files.clone(), source })
    }

    /// The code of the launch, once its files were sent as `archive`.
    #[must_use]
    pub fn code(self, archive: CodeArchive) -> RunCode {
        let placed = self.files.into_iter().map(|file| file.path).collect();
        let archive = CodeArchive { placed, ..archive };
        match self.source {
            Some(source) => RunCode::Git(GitSource { archive: Some(Box::new(archive)), ..source }),
            None => RunCode::Archive(archive),
        }
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::{config::check_in, schema::Dialect};

    use super::*;

    fn read(more: &str) -> Configuration {
        let text = format!("type: dev-environment\nide: zed\n{more}");
        check_in(&text, Dialect::V0_22, None).configuration.expect("valid")
    }

    #[test]
    fn a_text_says_what_is_to_be_chosen() {
        let told =
            [(Some("a.csv"), 1, 1), (Some("a.csv"), 1, 3), (Some("a.csv"), 2, 3), (None, 0, 1), (None, 0, 3)]
                .map(|(first, missing, all)| in_words(first, missing, all));
        assert_eq!(
            told,
            [
                "a.csv to be chosen",
                "a.csv to be chosen",
                "2 of 3 files to be chosen",
                "File chosen",
                "3 files chosen"
            ]
        );
    }

    #[test]
    fn a_file_needs_a_name_where_it_is_put_and_a_folder_does_not() {
        let to = |path: &str| FileMapping { local_path: "a".into(), path: path.into() };
        assert_eq!(complaint(&to("~/.vimrc"), false), None);
        assert_eq!(complaint(&to("/data/"), true), None);
        assert_eq!(complaint(&to("."), true), None);
        assert_eq!(
            complaint(&to("~/"), false).as_deref(),
            Some("a file has to be put where a name of its own is said, as in `~/NAME`")
        );
        assert!(complaint(&to("../x"), true).is_some_and(|why| why.contains("leads out")));
    }

    #[test]
    fn files_go_beside_the_repository_that_is_cloned() {
        let archive = || CodeArchive { sha256: "0".repeat(64), ..CodeArchive::default() };
        let files = "files: [a, 'b:~/c']\n";
        let alone = Bringing::of(&read(files), None).expect("files");
        assert!(
            matches!(alone.code(archive()), RunCode::Archive(CodeArchive { placed, .. }) if placed == ["a", "~/c"])
        );
        let text = format!("{files}repos: ['https://example.com/a/b']\n");
        let cloned = |chosen: Option<&str>| {
            let chosen = chosen.map(|url| GitSource { url: url.into(), ..GitSource::default() });
            match Bringing::of(&read(&text), chosen).expect("files").code(archive()) {
                RunCode::Git(source) => (source.url, source.archive.map(|archive| archive.placed)),
                RunCode::Archive(_) => panic!("the repository is lost"),
            }
        };
        let placed = || Some(vec!["a".to_owned(), "~/c".to_owned()]);
        assert_eq!(cloned(None), ("https://example.com/a/b".to_owned(), placed()));
        assert_eq!(
            cloned(Some("https://example.com/other")),
            ("https://example.com/other".to_owned(), placed())
        );
    }

    #[test]
    fn nothing_is_sent_without_files_nor_with_a_folder_that_the_page_cannot_bring() {
        assert_eq!(Bringing::of(&read("repos: ['https://example.com/a/b']\n"), None), None);
        let local = read("files: [a]\nrepos: ['.']\n");
        assert_eq!(Bringing::of(&local, None), None);
        assert_eq!(
            aside(Some(&local), false).as_deref(),
            Some("`.` of `repos` is on your own machine: only `berth run` brings it from there")
        );
        assert_eq!(aside(Some(&local), true), None);
        assert_eq!(aside(Some(&read("repos: ['https://example.com/a/b']\n")), false), None);
    }
}
