//! Which configuration is launched.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use crate::cli::{
    failure::Failure,
    validate::{read_to_limit, show},
};

/// A file as it was read.
pub(super) struct Source {
    /// Its path as it is shown.
    pub(super) file: String,
    /// Its path.
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
}

/// Reads the configuration that is named: a file, a folder with a `.dstack.yml`, or `-` for standard input; else the
/// `.dstack.yml` of this folder. With both, as users of dstack write it, the folder is where the run works, and the
/// file is the one of the flag.
pub(super) fn read(
    named: Option<&Path>,
    flag: Option<&Path>,
    here: &Path,
    stdin: &mut dyn Read,
) -> Result<Source, Failure> {
    let path = match (named, flag) {
        (None, Some(file)) => file.to_owned(),
        (Some(folder), Some(file)) if here.join(folder).is_dir() => file.to_owned(),
        (Some(named), Some(_)) => {
            return Err(Failure::Usage(format!(
                "`{}` and `-f` name two configurations; leave one out",
                named.display()
            )));
        }
        (Some(named), None) if named != Path::new("-") && here.join(named).is_dir() => inside(named, here)?,
        (Some(file), None) => file.to_owned(),
        (None, None) => inside(Path::new(""), here)?,
    };
    let file = show(&path);
    let bytes = if path == Path::new("-") {
        read_to_limit(stdin)
    } else {
        File::open(here.join(&path)).and_then(|mut file| read_to_limit(&mut file))
    };
    match bytes {
        Ok(bytes) => Ok(Source { file, path, bytes }),
        Err(error) => Err(Failure::Usage(unreadable(&file, &error))),
    }
}

fn unreadable(file: &str, error: &io::Error) -> String {
    let cause = error.to_string();
    let cause = cause.split(" (os error").next().unwrap_or_default();
    format!("cannot read `{file}`: {cause}")
}

/// `.dstack.yml`, or where there is none, `.dstack.yaml` (dstack 0.18, `spec` §1).
fn inside(folder: &Path, here: &Path) -> Result<PathBuf, Failure> {
    let found = [".dstack.yml", ".dstack.yaml"].map(|name| folder.join(name));
    found.into_iter().find(|path| here.join(path).exists()).ok_or_else(|| {
        let place =
            if folder.as_os_str().is_empty() { "here".to_owned() } else { format!("in `{}`", show(folder)) };
        Failure::Usage(format!("there is no `.dstack.yml` {place}; name a configuration: `berth run FILE`"))
    })
}
