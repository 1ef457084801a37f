//! Inside a container: the supervisor is its first process, and the container all the sandbox there is.

use std::{collections::BTreeMap, fs, io, os::unix::fs::chown, path::Path, rc::Rc};

use super::{
    environment::{self, Places},
    identity::Identity,
    sandbox::{Sandbox, WORKFLOW_DIR},
    supervise::{Core, Running, sandbox_spec},
};
use crate::spec::{JobSpec, MountSource};

/// Where the supervisor's files are in a container: what [`crate::InstanceDir`] is elsewhere, and its program.
pub const FOLDER: &str = "/.berth";

/// The program, in [`FOLDER`].
pub const PROGRAM: &str = "/.berth/agent";

/// The first argument of the program as a container's first process.
pub const GUARD: &str = "guard";

/// The first argument of the program as the near end of a connection.
pub const CONNECT: &str = "connect";

/// The home directory where a configuration names none (`spec/dstack-0.18.md` §3).
const DEFAULT_HOME: &str = "/root";

/// Makes what the job runs in.
pub(super) async fn enter(core: &Rc<Core>, job: &JobSpec) -> io::Result<Running> {
    let identity = match job.container.user.as_deref() {
        Some(user) => Identity::find(user)?,
        None => None,
    };
    let home = match identity.as_ref().and_then(|identity| identity.home.as_deref()) {
        // It is root's, and a default: the user has one of their own.
        Some(home) if job.home_dir == DEFAULT_HOME => home,
        _ => &job.home_dir,
    };
    let start = environment::start(job.working_dir.as_deref(), Path::new(WORKFLOW_DIR));
    for folder in [Path::new(home), Path::new(WORKFLOW_DIR), &start] {
        let there = folder.is_dir();
        fs::create_dir_all(folder)
            .map_err(|error| io::Error::new(error.kind(), format!("`{}`: {error}", folder.display())))?;
        if let Some(identity) = &identity
            && (!there || folder == Path::new(WORKFLOW_DIR))
        {
            chown(folder, Some(identity.uid), Some(identity.gid))?;
        }
    }
    if let Some(identity) = &identity {
        for mount in &job.container.mounts {
            let new = matches!(mount.source, MountSource::Volume { .. })
                && fs::read_dir(&mount.target).is_ok_and(|mut entries| entries.next().is_none());
            // An engine makes volumes root's. Once there is something in one, whoever put it there has decided whose it is.
            if new {
                chown(&mount.target, Some(identity.uid), Some(identity.gid))?;
            }
        }
    }
    let workflow = WORKFLOW_DIR.into();
    let places = Places { home: home.into(), workflow, start, python: None, hidden: Vec::new() };
    let image: BTreeMap<String, String> = std::env::vars().collect();
    let user = identity.as_ref().map_or("root", |identity| identity.name.as_str()).to_owned();
    let allocation = core.spec.planned.allocation.clone().unwrap_or_default();
    let mut env =
        environment::in_container(job, &core.spec.id.to_string(), &user, &allocation, &places, &image);
    let shell =
        shell(&env, job.shell.as_deref()).map_err(|why| io::Error::new(io::ErrorKind::NotFound, why))?;
    let path = if shell.starts_with('/') { shell.clone() } else { format!("/bin/{shell}") };
    env.entry("SHELL".to_owned()).or_insert(path);
    let mut spec = sandbox_spec(&core.dir, core.mode, &job.run_name, &places.home, &core.cgroup);
    spec.identity = identity;
    let sandbox = Sandbox::make(spec).await?;
    core.remember_init(Some(sandbox.init().clone()));
    Ok(Running { sandbox, shell, env, places })
}

/// The shell that was asked for; else the better one of those that are there.
fn shell(env: &BTreeMap<String, String>, asked: Option<&str>) -> Result<String, String> {
    let path = env.get("PATH").map(String::as_str).unwrap_or_default();
    // An absolute path stays one when it is joined.
    let there = |name: &&str| path.split(':').any(|folder| Path::new(folder).join(name).is_file());
    match asked {
        Some(asked) if there(&asked) => Ok(asked.to_owned()),
        Some(asked) => {
            Err(format!("the image has no shell `{asked}`: use an image with it, or another `shell`"))
        }
        None => ["bash", "sh"].into_iter().find(there).map(str::to_owned).ok_or_else(|| {
            "the image has no shell, neither `bash` nor `sh`: use an image with one".to_owned()
        }),
    }
}
