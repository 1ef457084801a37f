//! The code that a launch brings: the Git checkout or the folder that one stands in, a folder that is named, or a repository that
//! the environment clones (`docs/adr/0013`).

mod files;
mod git;
mod pack;
mod send;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use berth_shared::api::{GitSource, RunCode};

use self::pack::Packed;
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
    /// A repository that is cloned there.
    Git(GitSource),
    /// An archive, yet to be sent.
    Packed(Box<Packed>),
}

impl Code {
    /// It in a line, for who has to agree; `None` when there is nothing to say.
    pub(super) fn told(&self) -> Option<String> {
        match self {
            Self::None(why) => why.as_ref().map(|why| format!("- ({why})")),
            Self::Git(source) => Some(RunCode::Git(source.clone()).summary()),
            Self::Packed(packed) => Some(RunCode::Archive(packed.archive.clone()).summary()),
        }
    }

    /// What is left out, and what may not be as it seems.
    pub(super) fn notes(&self) -> &[String] {
        match self {
            Self::Packed(packed) => &packed.notes,
            Self::None(_) | Self::Git(_) => &[],
        }
    }

    /// Sends what is to be sent; what the launch is to name.
    pub(super) async fn send(self, client: &Client) -> Result<Option<RunCode>, Failure> {
        match self {
            Self::None(_) => Ok(None),
            Self::Git(source) => Ok(Some(RunCode::Git(source))),
            Self::Packed(packed) => send::send(client, *packed).await.map(Some),
        }
    }
}

/// Gathers what is to be brought. `named` is the folder that the command line names, where it does, and `configuration` the file.
pub(super) async fn gather(
    flags: &CodeFlags,
    named: Option<&Path>,
    configuration: &Path,
    client: &Client,
) -> Result<Code, Failure> {
    if let Some(url) = &flags.git {
        let source = GitSource { url: url.clone(), branch: flags.branch.clone(), commit: None };
        source.check().map_err(Failure::Usage)?;
        return Ok(Code::Git(source));
    }
    if flags.no_code {
        return Ok(Code::None(None));
    }
    let asked = flags.code.as_deref();
    let folder = asked.or(named).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().map_err(|error| {
        Failure::Usage(format!("`{}` cannot be brought: {}", folder.display(), words(&error)))
    })?;
    if !folder.is_dir() {
        return Err(Failure::Usage(format!("`{}` is no folder; `--code` names one", folder.display())));
    }
    let tree = git::Checkout::find(&folder);
    let root = tree.as_ref().map_or(folder.as_path(), git::Checkout::root);
    if let Some(what) = too_much(root, std::env::home_dir().as_deref()) {
        let told =
            format!("{what} is not brought; stand in a folder below it, or name one with `--code PATH`");
        return if asked.is_some() { Err(Failure::Usage(told)) } else { Ok(Code::None(Some(told))) };
    }
    let Some(limit) = send::limit(client).await? else {
        let told = "this server is of a version that takes no code".to_owned();
        return if asked.is_some() { Err(Failure::No(told)) } else { Ok(Code::None(Some(told))) };
    };
    let configuration = configuration.canonicalize().ok();
    let root = root.to_owned();
    // Whoever waits for it has nothing else to do meanwhile, but signals come through.
    let packed = tokio::task::spawn_blocking(move || {
        let found = match &tree {
            Some(checkout) => checkout.files()?,
            None => files::below(&root)?,
        };
        if tree.is_none() && found.are_only(&root, configuration.as_deref()) {
            return Ok(None);
        }
        pack::pack(&root, tree.as_ref(), found, limit).map(Some)
    });
    let packed = packed.await.unwrap_or_else(|error| Err(error.to_string())).map_err(Failure::No)?;
    Ok(packed.map_or(Code::None(None), |packed| Code::Packed(Box::new(packed))))
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
