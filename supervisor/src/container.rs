//! Inside a container: the supervisor is its first process, and the container all the sandbox there is.

use std::{collections::BTreeMap, fs, io, os::unix::fs::chown, path::Path, rc::Rc};

use super::{
    environment::{self, Places},
    identity::Identity,
    sandbox::{Sandbox, WORKFLOW_DIR},
    supervise::{Core, Running, sandbox_spec},
};
use crate::spec::JobSpec;

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
    for folder in [Path::new(home), Path::new(WORKFLOW_DIR)] {
        let there = folder.is_dir();
        fs::create_dir_all(folder)
            .map_err(|error| io::Error::new(error.kind(), format!("`{}`: {error}", folder.display())))?;
        if let Some(identity) = &identity
            && (!there || folder == Path::new(WORKFLOW_DIR))
        {
            chown(folder, Some(identity.uid), Some(identity.gid))?;
        }
    }
    let places =
        Places { home: home.into(), workflow: WORKFLOW_DIR.into(), python: None, hidden: Vec::new() };
    let image: BTreeMap<String, String> = std::env::vars().collect();
    let user = identity.as_ref().map_or("root", |identity| identity.name.as_str()).to_owned();
    let allocation = core.spec.planned.allocation.clone().unwrap_or_default();
    let mut env =
        environment::in_container(job, &core.spec.id.to_string(), &user, &allocation, &places, &image);
    let shell = shell(&env).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotFound,
            "the image has no shell, neither `bash` nor `sh`: use an image with one",
        )
    })?;
    env.entry("SHELL".to_owned()).or_insert_with(|| format!("/bin/{shell}"));
    let mut spec = sandbox_spec(&core.dir, core.mode, &job.run_name, &places.home, &core.cgroup);
    spec.identity = identity;
    let sandbox = Sandbox::make(spec).await?;
    core.remember_init(Some(sandbox.init().clone()));
    Ok(Running { sandbox, shell, env, places })
}

/// The better shell of those that are there.
fn shell(env: &BTreeMap<String, String>) -> Option<&'static str> {
    let path = env.get("PATH").map(String::as_str).unwrap_or_default();
    let there = |name: &&str| path.split(':').any(|folder| Path::new(folder).join(name).is_file());
    ["bash", "sh"].into_iter().find(there)
}
