//! The new root: everything of the machine by bind mounts, with places of the environment's own laid over.

use std::{
    fs, io,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Component, Path, PathBuf},
};

use nix::{
    mount::{MntFlags, MsFlags, mount, umount2},
    unistd::pivot_root,
};

use super::{Mode, PYTHON_DIR, SandboxSpec, WORKFLOW_DIR, volumes};

/// The machine's root, while the new one is put together.
pub(super) const OLD: &str = "/old";
/// The new root meanwhile.
pub(super) const NEW: &str = "/new";
const NONE: Option<&str> = None;

/// An error with what was tried.
pub(super) fn told(what: impl std::fmt::Display) -> impl FnOnce(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{what}: {error}"))
}

/// Makes the new root and goes there. To be called in mount and (where the mode has them) pid namespaces of its own.
pub(super) fn enter(spec: &SandboxSpec) -> io::Result<()> {
    mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE)
        .map_err(io::Error::from)
        .map_err(told("making mounts private"))?;
    // First onto a scratch root with the machine's below it, so that no path of the machine is covered by ours while
    // the new root is put together.
    tmpfs(&spec.root, "mode=0755")?;
    fs::create_dir(spec.root.join("old"))?;
    fs::create_dir(spec.root.join("new"))?;
    std::env::set_current_dir(&spec.root)?;
    pivot_root(".", "old").map_err(io::Error::from).map_err(told("changing the root"))?;
    std::env::set_current_dir("/")?;

    let new = Path::new(NEW);
    tmpfs(new, "mode=0755")?;
    let own = ["proc", "tmp", "workflow", "python"];
    mirror(Path::new(OLD), new, |name| own.contains(&name))?;

    // The data directory first: home and `/workflow` may lie above or below it.
    if let Some(hidden) = existing(&spec.hidden) {
        tmpfs(&hidden, "mode=0755")?;
    }
    place(&spec.tmp, Path::new("/tmp"))?;
    place(&spec.home, &spec.home_dir)?;
    place(&spec.workflow, Path::new(WORKFLOW_DIR))?;
    if let Some((python, visible)) = &spec.python {
        place(python, Path::new(PYTHON_DIR))?;
        for folder in visible.iter().filter(|folder| !inside(new, folder).exists()) {
            place(folder, folder)?;
        }
    }
    // Written when a job begins; before, while it is tried out what the kernel allows, there is none.
    let hosts = inside(Path::new(OLD), &spec.hosts);
    if hosts.is_file() && inside(new, Path::new("/etc/hosts")).is_file() {
        bind(&hosts, &inside(new, Path::new("/etc/hosts")))?;
    }
    if inside(new, Path::new("/dev/shm")).is_dir() {
        let size = spec.shm_bytes.map_or("mode=1777".to_owned(), |bytes| format!("mode=1777,size={bytes}"));
        tmpfs(&new.join("dev/shm"), &size)?;
    }
    let proc = new.join("proc");
    fs::create_dir(&proc)?;
    if spec.mode.has_pids() {
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        mount(Some("proc"), &proc, Some("proc"), flags, NONE)
            .map_err(io::Error::from)
            .map_err(told("mounting a `/proc` of its own"))?;
    } else {
        bind(&Path::new(OLD).join("proc"), &proc)?;
    }

    volumes::show(spec)?;

    // Where the kernel wants the new root to be: on top of the scratch root, which then goes.
    std::env::set_current_dir(new)?;
    pivot_root(".", ".").map_err(io::Error::from).map_err(told("changing the root"))?;
    umount2(".", MntFlags::MNT_DETACH).map_err(io::Error::from).map_err(told("leaving the old root"))?;
    std::env::set_current_dir("/")
}

/// Shows every entry of the folder `from` in the empty folder `to`, but for those that `without` names.
fn mirror(from: &Path, to: &Path, without: impl Fn(&str) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(from).map_err(told(from.display()))? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(&without) {
            continue;
        }
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            symlink(fs::read_link(entry.path())?, &target)?;
            continue;
        }
        if kind.is_dir() {
            fs::create_dir(&target)?;
        } else {
            fs::write(&target, "")?;
        }
        bind(&entry.path(), &target)?;
    }
    Ok(())
}

/// Shows the machine's folder `from` at the path `at` inside, which is made in a way that leaves no trace outside.
fn place(from: &Path, at: &Path) -> io::Result<()> {
    let from = inside(Path::new(OLD), from);
    if existing(at).is_none() {
        make_room(at.parent().unwrap_or(at))?;
        fs::create_dir(inside(Path::new(NEW), at)).map_err(told(at.display()))?;
    }
    bind(&from, &inside(Path::new(NEW), at))
}

/// Has something new be made in this folder inside, which is made where it is not there, without a trace outside.
pub(super) fn make_room(folder: &Path) -> io::Result<()> {
    // A folder of our own is laid over the deepest one that is there, with the same entries, and the rest is made in it.
    let mut path = PathBuf::from("/");
    for part in folder.components().filter(|part| matches!(part, Component::Normal(_))) {
        let above = inside(Path::new(NEW), &path);
        path.push(part);
        if existing(&path).is_some() {
            continue;
        }
        if !is_ours(&above)? {
            cover(&above, fs::symlink_metadata(&above)?.permissions().mode())?;
        }
        fs::create_dir(inside(Path::new(NEW), &path)).map_err(told(path.display()))?;
    }
    let last = inside(Path::new(NEW), folder);
    if !is_ours(&last)? {
        cover(&last, fs::symlink_metadata(&last)?.permissions().mode())?;
    }
    Ok(())
}

/// Whether a folder inside lies on a file system that was made for this sandbox.
fn is_ours(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let device = fs::metadata(path)?.dev();
    Ok(device == fs::metadata(NEW)?.dev() || path.join(MARK).exists())
}

/// Marks folders that [`cover`] made.
const MARK: &str = ".berth";

fn cover(folder: &Path, mode: u32) -> io::Result<()> {
    let entries = Path::new("/entries");
    fs::create_dir_all(entries)?;
    bind(folder, entries)?;
    tmpfs(folder, &format!("mode={:o}", mode & 0o7777))?;
    fs::write(folder.join(MARK), "")?;
    mirror(entries, folder, |_| false)?;
    umount2(entries, MntFlags::MNT_DETACH)?;
    Ok(())
}

/// The path inside, when something is there that is no symbolic link to somewhere else.
fn existing(path: &Path) -> Option<PathBuf> {
    let path = inside(Path::new(NEW), path);
    fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_dir).map(|_| path)
}

/// An absolute path as it is called below `root`.
pub(super) fn inside(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

pub(super) fn bind(from: &Path, to: &Path) -> io::Result<()> {
    mount(Some(from), to, NONE, MsFlags::MS_BIND | MsFlags::MS_REC, NONE)
        .map_err(io::Error::from)
        .map_err(told(format_args!("showing `{}`", from.strip_prefix(OLD).unwrap_or(from).display())))
}

fn tmpfs(at: &Path, options: &str) -> io::Result<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), at, Some("tmpfs"), flags, Some(options))
        .map_err(io::Error::from)
        .map_err(told(format_args!("mounting a tmpfs at `{}`", at.display())))
}

impl Mode {
    /// What the kernel is asked for.
    pub(super) fn flags(self) -> nix::sched::CloneFlags {
        use nix::sched::CloneFlags as F;
        let base = F::CLONE_NEWNS | F::CLONE_NEWUTS | F::CLONE_NEWIPC;
        match self {
            Self::Direct => base | F::CLONE_NEWPID,
            Self::User => base | F::CLONE_NEWUSER | F::CLONE_NEWPID,
            Self::UserWithoutPid => base | F::CLONE_NEWUSER,
            Self::Plain | Self::Container => F::empty(),
        }
    }
}
