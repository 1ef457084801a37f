//! The code that a launch brings: the Git checkout or the folder that one stands in, a folder that is named, or a repository that
//! the environment clones; and the files that its configuration names (`docs/adr/0013`).

mod files;
mod git;
mod pack;
mod placed;
mod send;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use berth_shared::{
    api::{
        GitSource, RunCode,
        code::{check_place, elsewhere},
    },
    config::{Configuration, Repo},
};

use self::{
    git::Checkout,
    pack::{Folder, Packed},
};
use crate::cli::{client::Client, failure::Failure};

/// What to bring.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Code")]
pub(super) struct CodeFlags {
    /// Brings this folder to `/workflow`, or the Git checkout that it is in, instead of the one here.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["no_code", "git"])]
    code: Option<PathBuf>,

    /// Brings no code.
    #[arg(long, conflicts_with = "git")]
    no_code: bool,

    /// Has the environment clone this repository to `/workflow`, by the image's `git`.
    #[arg(long, value_name = "URL")]
    git: Option<String>,

    /// The branch or tag of `--git`; the repository's own choice otherwise.
    #[arg(long, value_name = "NAME", requires = "git")]
    branch: Option<String>,
}

/// What a launch works on.
#[derive(Debug)]
pub(super) enum Code {
    /// Nothing; where somebody may have meant something, why.
    None(Option<String>),
    /// A repository that is cloned there, and an archive with files besides.
    Git(GitSource, Option<Box<Packed>>),
    /// An archive, yet to be sent.
    Packed(Box<Packed>),
}

impl Code {
    /// It in a line, for who has to agree; `None` when there is nothing to say.
    pub(super) fn told(&self) -> Option<String> {
        match self {
            Self::None(why) => why.as_ref().map(|why| format!("- ({why})")),
            Self::Git(source, files) => {
                let archive = files.as_ref().map(|packed| Box::new(packed.archive.clone()));
                Some(RunCode::Git(GitSource { archive, ..source.clone() }).summary())
            }
            Self::Packed(packed) => Some(RunCode::Archive(packed.archive.clone()).summary()),
        }
    }

    /// What is left out, and what may not be as it seems.
    pub(super) fn notes(&self) -> &[String] {
        match self {
            Self::Packed(packed) | Self::Git(_, Some(packed)) => &packed.notes,
            Self::None(_) | Self::Git(_, None) => &[],
        }
    }

    /// Sends what is to be sent; what the launch is to name.
    pub(super) async fn send(self, client: &Client) -> Result<Option<RunCode>, Failure> {
        match self {
            Self::None(_) => Ok(None),
            Self::Git(source, None) => Ok(Some(RunCode::Git(source))),
            Self::Git(source, Some(files)) => {
                let archive = Some(Box::new(send::send(client, *files).await?));
                Ok(Some(RunCode::Git(GitSource { archive, ..source })))
            }
            Self::Packed(packed) => {
                send::send(client, *packed).await.map(|archive| Some(RunCode::Archive(archive)))
            }
        }
    }
}

/// What the code of a launch is.
#[derive(Debug, PartialEq, Eq)]
enum Chosen {
    /// There is none.
    Nothing,
    /// A repository that the environment clones.
    Git(GitSource),
    /// A folder, or the checkout that it is in.
    Folder {
        folder: PathBuf,
        /// Where it is put; the working directory when `None`.
        path: Option<String>,
        /// Whether somebody named it, and would miss it.
        asked: bool,
    },
}

/// What the flags say, else `repos` of the configuration, else the folder that the command line names, else this one. What the
/// configuration names is beside it: below `beside`.
fn choose(
    flags: &CodeFlags,
    named: Option<&Path>,
    repo: Option<&Repo>,
    beside: &Path,
) -> Result<Chosen, Failure> {
    if let Some(url) = &flags.git {
        let source = GitSource { url: url.clone(), branch: flags.branch.clone(), ..GitSource::default() };
        source.check().map_err(Failure::Usage)?;
        return Ok(Chosen::Git(source));
    }
    if flags.no_code {
        return Ok(Chosen::Nothing);
    }
    if let Some(folder) = &flags.code {
        return Ok(Chosen::Folder { folder: folder.clone(), path: None, asked: true });
    }
    let Some(repo) = repo else {
        let folder = named.unwrap_or(Path::new(".")).to_owned();
        return Ok(Chosen::Folder { folder, path: None, asked: false });
    };
    let wrong = |why: String| Failure::No(format!("`repos`: {why}"));
    if let Some(source) = GitSource::of(repo) {
        source.check().map_err(wrong)?;
        return Ok(Chosen::Git(source));
    }
    let local = repo.local_path.as_deref().unwrap_or_default();
    let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    if given(&repo.branch) || given(&repo.hash) {
        return Err(wrong(format!(
            "`{local}` is brought as it is checked out here, and not by `branch` or `hash`; leave those out, or name its `url`"
        )));
    }
    check_place(&repo.path).map_err(wrong)?;
    Ok(Chosen::Folder { folder: local_path(local, beside), path: elsewhere(&repo.path), asked: true })
}

/// A path that a configuration names: below the home directory, absolute, or beside the configuration.
fn local_path(written: &str, beside: &Path) -> PathBuf {
    match (Path::new(written).strip_prefix("~"), std::env::home_dir()) {
        (Ok(below), Some(home)) => home.join(below),
        _ => beside.join(written),
    }
}

/// Gathers what is to be brought. `named` is the folder that the command line names, where it does, and `file` the configuration's.
pub(super) async fn gather(
    flags: &CodeFlags,
    named: Option<&Path>,
    file: &Path,
    configuration: &Configuration,
    client: &Client,
) -> Result<Code, Failure> {
    let newer = configuration.newer.as_deref();
    let beside = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let chosen = choose(flags, named, newer.and_then(|newer| newer.repos.first()), beside)?;
    let mappings = newer.map(|newer| newer.files.as_slice()).unwrap_or_default();
    let mappings = placed::find(mappings, beside)?;
    let (source, mut folder) = match chosen {
        Chosen::Nothing => (None, None),
        Chosen::Git(source) => (Some(source), None),
        Chosen::Folder { folder, path, asked } => (None, Some((find_folder(&folder, path)?, asked))),
    };
    let mut none = None;
    if let Some((found, asked)) = &folder
        && let Some(what) = too_much(found.root(), std::env::home_dir().as_deref())
    {
        let told =
            format!("{what} is not brought; stand in a folder below it, or name one with `--code PATH`");
        if *asked {
            return Err(Failure::Usage(told));
        }
        (none, folder) = (Some(told), None);
    }
    if folder.is_none() && mappings.is_empty() {
        return Ok(source.map_or(Code::None(none), |source| Code::Git(source, None)));
    }
    let Some(limit) = send::limit(client).await? else {
        let told = "this server is of a version that takes no code".to_owned();
        let asked = !mappings.is_empty() || folder.is_some_and(|(_, asked)| asked);
        return if asked { Err(Failure::No(told)) } else { Ok(Code::None(Some(told))) };
    };
    let file = file.canonicalize().ok();
    // Whoever waits for it has nothing else to do meanwhile, but signals come through.
    let packed = tokio::task::spawn_blocking(move || {
        let mut code = None;
        if let Some((Place { folder, tree, path }, _)) = &folder {
            let root = tree.as_ref().map_or(folder.as_path(), Checkout::root);
            let found = match tree {
                Some(checkout) => checkout.files()?,
                None => files::below(root)?,
            };
            if tree.is_some() || !found.are_only(root, file.as_deref()) {
                code = Some(Folder { root, checkout: tree.as_ref(), found, path: path.clone() });
            }
        }
        if code.is_none() && mappings.is_empty() {
            return Ok(None);
        }
        pack::pack(code, placed::read(mappings)?, limit).map(Some)
    });
    let packed = packed.await.unwrap_or_else(|error| Err(error.to_string())).map_err(Failure::No)?;
    Ok(match (source, packed.map(Box::new)) {
        (Some(source), files) => Code::Git(source, files),
        (None, Some(packed)) => Code::Packed(packed),
        (None, None) => Code::None(none),
    })
}

/// A folder that is brought.
struct Place {
    folder: PathBuf,
    /// The checkout that it is in.
    tree: Option<Checkout>,
    /// Where it is put.
    path: Option<String>,
}

impl Place {
    fn root(&self) -> &Path {
        self.tree.as_ref().map_or(&self.folder, Checkout::root)
    }
}

fn find_folder(folder: &Path, path: Option<String>) -> Result<Place, Failure> {
    let folder = folder.canonicalize().map_err(|error| {
        Failure::Usage(format!("`{}` cannot be brought: {}", folder.display(), words(&error)))
    })?;
    if !folder.is_dir() {
        let told = format!("`{}` is no folder; `--code` or `repos` names one", folder.display());
        return Err(Failure::Usage(told));
    }
    let tree = Checkout::find(&folder);
    Ok(Place { folder, tree, path })
}

/// What a folder is that nobody means to bring whole.
fn too_much(folder: &Path, home: Option<&Path>) -> Option<&'static str> {
    let home = home.and_then(|home| home.canonicalize().ok());
    if folder.parent().is_none() {
        return Some("the whole disk");
    }
    let home = home.as_deref()?;
    if folder == home {
        return Some("the home directory");
    }
    home.starts_with(folder).then_some("a folder above the home directory")
}

/// An error without its number, which helps nobody.
fn words(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
