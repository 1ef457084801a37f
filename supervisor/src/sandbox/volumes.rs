//! What of the machine is shown in an environment besides, and outlives it: `volumes` of a configuration.

use std::{
    collections::VecDeque,
    ffi::OsString,
    fs, io,
    os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd},
    path::{Component, Path, PathBuf},
};

use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use serde::{Deserialize, Serialize};

use super::{
    SandboxSpec, WORKFLOW_DIR,
    mounts::{NEW, OLD, bind, inside, make_room, told},
};
use crate::spec::{MountSource, MountSpec};

/// A folder or a file of the machine, and where it is inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Volume {
    /// Its path on the machine, without any link on its way.
    pub from: PathBuf,
    /// Its path inside, absolute.
    pub at: PathBuf,
}

/// What a job's mounts are in a sandbox.
///
/// # Errors
/// When one of them cannot be, in words.
pub(in super::super) fn of(mounts: &[MountSpec]) -> io::Result<Vec<Volume>> {
    let wrong = |why: String| io::Error::new(io::ErrorKind::InvalidInput, why);
    let volume = |mount: &MountSpec| {
        let at = PathBuf::from(&mount.target);
        let plain = at.components().skip(1).all(|part| matches!(part, Component::Normal(_)));
        if !at.is_absolute() || !plain || is_taken(&at) {
            return Err(wrong(format!("nothing can be mounted at `{}`", mount.target)));
        }
        match &mount.source {
            MountSource::Path { path, .. } => Ok(Volume { from: path.into(), at }),
            MountSource::Volume { name, .. } => Err(wrong(format!(
                "the volume `{name}` is one of a container engine, and processes of this machine have none"
            ))),
        }
    };
    mounts.iter().map(volume).collect()
}

/// Whether a place inside is the kernel's, or everything's.
fn is_taken(at: &Path) -> bool {
    at.parent().is_none() || ["/proc", "/sys", "/dev"].iter().any(|place| at.starts_with(place))
}

/// Shows them, while the new root is put together.
pub(super) fn show(spec: &SandboxSpec) -> io::Result<()> {
    for Volume { from, at: asked } in &spec.volumes {
        let at = &landing(asked)?;
        if is_taken(at) {
            return Err(io::Error::other(format!(
                "`{}` leads to `{}`, where nothing can be mounted",
                asked.display(),
                at.display()
            )));
        }
        let opened = open(from).map_err(told(from.display()))?;
        // By its descriptor: whatever is put in the place of its path meanwhile is not it.
        let way = Path::new(OLD).join("proc/self/fd").join(opened.as_raw_fd().to_string());
        let is_folder = fs::metadata(&way)?.is_dir();
        let target = inside(Path::new(NEW), at);
        match fs::symlink_metadata(&target) {
            Ok(found) if found.is_dir() == is_folder && !found.is_symlink() => {}
            Ok(_) => return Err(io::Error::other(format!("`{}` is something else already", at.display()))),
            Err(_) => make(spec, at, is_folder)?,
        }
        bind(&way, &target).map_err(told(format_args!("`{}` at `{}`", from.display(), at.display())))?;
    }
    Ok(())
}

/// How many links may lead from one to the next, as the kernel has it.
const LINKS: usize = 40;

/// Where a path leads inside, as it would for somebody there; what is not there stays as it is called.
fn landing(at: &Path) -> io::Result<PathBuf> {
    let parts = |path: &Path| -> Vec<OsString> {
        let part = |part: Component<'_>| match part {
            Component::Normal(_) | Component::ParentDir => Some(part.as_os_str().to_owned()),
            _ => None,
        };
        path.components().filter_map(part).collect()
    };
    let (mut path, mut links) = (PathBuf::from("/"), 0);
    let mut left = VecDeque::from(parts(at));
    while let Some(part) = left.pop_front() {
        if part == ".." {
            path.pop();
            continue;
        }
        let next = path.join(part);
        let Ok(to) = fs::read_link(inside(Path::new(NEW), &next)) else {
            path = next;
            continue;
        };
        links += 1;
        if links > LINKS {
            return Err(io::Error::other(format!("`{}` leads through too many links", at.display())));
        }
        if to.is_absolute() {
            path = PathBuf::from("/");
        }
        parts(&to).into_iter().rev().for_each(|part| left.push_front(part));
    }
    Ok(path)
}

/// Opens a path of the machine on which no link is followed: who may write there must not choose what is shown.
fn open(path: &Path) -> io::Result<OwnedFd> {
    let root = fs::File::open(OLD)?;
    let how = OpenHow::new()
        .flags(OFlag::O_PATH | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_NO_SYMLINKS | ResolveFlag::RESOLVE_BENEATH);
    let beneath = path.strip_prefix("/").unwrap_or(path);
    let beneath = if beneath.as_os_str().is_empty() { Path::new(".") } else { beneath };
    let root: BorrowedFd<'_> = root.as_fd();
    Ok(openat2(root, beneath, how)?)
}

/// Makes what a volume is shown at: in the environment's own folders as part of them, elsewhere in a way that leaves no trace outside.
fn make(spec: &SandboxSpec, at: &Path, is_folder: bool) -> io::Result<()> {
    let above = at.parent().unwrap_or(at);
    let own = [Path::new(WORKFLOW_DIR), &spec.home_dir, Path::new("/tmp")];
    match own.iter().find_map(|own| Some((own, above.strip_prefix(own).ok()?))) {
        Some((own, below)) => {
            let mut path = inside(Path::new(NEW), own);
            for part in below {
                path.push(part);
                match fs::symlink_metadata(&path) {
                    Ok(found) if found.is_dir() => {}
                    Ok(_) => {
                        return Err(io::Error::other(format!(
                            "above `{}` is something that is no folder",
                            at.display()
                        )));
                    }
                    Err(_) => fs::create_dir(&path).map_err(told(at.display()))?,
                }
            }
        }
        None => make_room(above)?,
    }
    let target = inside(Path::new(NEW), at);
    let made = if is_folder { fs::create_dir(&target) } else { fs::write(&target, "") };
    made.map_err(told(at.display()))
}
