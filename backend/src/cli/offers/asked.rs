//! What is asked for: a file, standard input, or flags alone; and flags that stand above a file.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use berth_shared::config::{Checked, Reading, check_bytes};

use crate::cli::{
    flags::{EMPTY, Resources, WrongFlag, resource},
    validate::{default_file, read_to_limit, show},
};

/// The question.
pub(super) struct Asked {
    /// The file, as it is shown; `None` when there is none.
    pub(super) file: Option<String>,
    /// Its text.
    pub(super) text: String,
    /// What is asked for, flags included.
    pub(super) checked: Checked,
}

/// Why there is no question.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskedError {
    #[error("cannot read `{path}`")]
    Read {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error(
        "there is no `.dstack.yml` here; name a file, or say what is needed by flags, such as `--gpu 24GB..` (see \
         `berth offers --help`)"
    )]
    NoFile,
    #[error(transparent)]
    Flag(#[from] WrongFlag),
}

/// Reads what is asked for. Without a file that is named or lies in `folder`, flags are enough.
pub(super) fn asked(
    file: Option<&Path>,
    folder: &Path,
    flags: &Resources,
    other_flags: bool,
    stdin: &mut dyn Read,
) -> Result<Asked, AskedError> {
    let (file, bytes) = match file.map_or_else(|| default_file(folder), |file| Some(file.to_owned())) {
        Some(path) => {
            let shown = show(&path);
            let bytes =
                read(&path, stdin).map_err(|source| AskedError::Read { path: shown.clone(), source })?;
            (Some(shown), bytes)
        }
        None if other_flags || flags.fields().next().is_some() => (None, EMPTY.as_bytes().to_vec()),
        None => return Err(AskedError::NoFile),
    };
    let mut checked = check_bytes(&bytes, Reading::default());
    for (flag, value) in flags.fields() {
        let given = resource(flag, value, checked.told.dialect)?;
        let Some(configuration) = &mut checked.configuration else { continue };
        let resources = &mut configuration.resources;
        match flag {
            "gpu" => resources.gpu = given.gpu,
            "cpu" => (resources.arch, resources.cpu) = (given.arch, given.cpu),
            "memory" => resources.memory = given.memory,
            _ => resources.disk = given.disk,
        }
    }
    Ok(Asked { file, text: String::from_utf8_lossy(&bytes).into_owned(), checked })
}

fn read(file: &Path, stdin: &mut dyn Read) -> io::Result<Vec<u8>> {
    if file == Path::new("-") { read_to_limit(stdin) } else { read_to_limit(&mut File::open(file)?) }
}
