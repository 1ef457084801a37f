//! The variables that programs in an environment begin with.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use berth_shared::api::Allocation;

use super::{process::TAG, sandbox::WORKFLOW_DIR};
use crate::spec::JobSpec;

/// What the machine is there for wherever no `PATH` says so.
const STANDARD_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Variables of the server's own that programs may need to reach the network or to show text. Everything else of
/// the server stays with it.
const HANDED_ON: [&str; 23] = [
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "http_proxy",
    "https_proxy",
    "ftp_proxy",
    "all_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "FTP_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "PIP_INDEX_URL",
    "UV_INDEX_URL",
    "LD_LIBRARY_PATH",
];

/// Where an environment's places are, as seen from inside.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// The home directory.
    pub home: PathBuf,
    /// The working directory, where code is.
    pub workflow: PathBuf,
    /// Where commands and terminals begin: there, unless another one is asked for.
    pub start: PathBuf,
    /// The Python environment, when a version was asked for.
    pub python: Option<PathBuf>,
    /// Folders of the machine that cannot be seen inside.
    pub hidden: Vec<PathBuf>,
}

/// Where commands and terminals begin, seen from inside: what was asked for, below `workflow` where it is no absolute path.
/// Where the machine's own files are seen, `/workflow` is the folder that is in its place.
#[must_use]
pub(super) fn start(asked: Option<&str>, workflow: &Path) -> PathBuf {
    let asked = Path::new(asked.unwrap_or_default());
    let below = asked.strip_prefix(WORKFLOW_DIR).unwrap_or(asked);
    if below.as_os_str().is_empty() { workflow.to_owned() } else { workflow.join(below) }
}

/// All variables of a job's programs: what the machine gives, dstack's own, then the configuration's, which win
/// (`spec/dstack-0.18.md` §6); the home directory and the tag are fixed.
#[must_use]
pub(super) fn variables(
    job: &JobSpec,
    instance: &str,
    user: &str,
    allocation: &Allocation,
    places: &Places,
    server: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut env = BTreeMap::new();
    let mut set = |name: &str, value: String| {
        env.insert(name.to_owned(), value);
    };
    for name in HANDED_ON {
        if let Some(value) = server.get(name) {
            set(name, value.clone());
        }
    }
    set("PATH", path(server.get("PATH").map(String::as_str), places));
    set("USER", user.to_owned());
    set("LOGNAME", user.to_owned());
    set("SHELL", "/bin/bash".to_owned());
    for (name, value) in dstack(job, allocation) {
        set(&name, value);
    }
    let gpus: Vec<String> = allocation.gpus.iter().map(u32::to_string).collect();
    // The indices are those of nvidia-smi, which counts in the order of the bus.
    set("CUDA_DEVICE_ORDER", "PCI_BUS_ID".to_owned());
    set("CUDA_VISIBLE_DEVICES", gpus.join(","));
    if let Some(python) = &places.python {
        set("VIRTUAL_ENV", python.display().to_string());
    }
    env.extend(job.env.iter().map(|(name, value)| (name.clone(), value.clone())));
    env.insert("HOME".to_owned(), places.home.display().to_string());
    env.insert(TAG.to_owned(), instance.to_owned());
    env
}

/// All variables of a job's programs in a container: the image's own, dstack's, then the configuration's, which win; the
/// home directory and the tag are fixed.
#[must_use]
pub(super) fn in_container(
    job: &JobSpec,
    instance: &str,
    user: &str,
    allocation: &Allocation,
    places: &Places,
    image: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut env = image.clone();
    env.entry("PATH".to_owned()).or_insert_with(|| STANDARD_PATH.to_owned());
    env.insert("USER".to_owned(), user.to_owned());
    env.insert("LOGNAME".to_owned(), user.to_owned());
    env.extend(dstack(job, allocation));
    env.extend(job.env.iter().map(|(name, value)| (name.clone(), value.clone())));
    env.insert("HOME".to_owned(), places.home.display().to_string());
    env.insert(TAG.to_owned(), instance.to_owned());
    env
}

/// The variables that dstack gives every job.
fn dstack(job: &JobSpec, allocation: &Allocation) -> impl Iterator<Item = (String, String)> {
    let gpus = allocation.gpus.len().to_string();
    [
        ("RUN_NAME", job.run_name.clone()),
        ("REPO_ID", "local".to_owned()),
        ("DSTACK_RUN_NAME", job.run_name.clone()),
        ("DSTACK_REPO_ID", "local".to_owned()),
        ("DSTACK_MASTER_NODE_IP", "127.0.0.1".to_owned()),
        ("DSTACK_NODE_RANK", "0".to_owned()),
        ("DSTACK_NODES_NUM", "1".to_owned()),
        ("DSTACK_GPUS_PER_NODE", gpus.clone()),
        ("DSTACK_GPUS_NUM", gpus),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
}

/// The server's `PATH` without what cannot be seen inside, after the Python that was asked for.
fn path(server: Option<&str>, places: &Places) -> String {
    let mut entries: Vec<&Path> = Vec::new();
    let python = places.python.as_ref().map(|python| python.join("bin"));
    entries.extend(python.as_deref());
    let machine = server.unwrap_or_default().split(':').chain(STANDARD_PATH.split(':')).map(Path::new);
    for entry in machine {
        let seen = entry.is_absolute() && !places.hidden.iter().any(|hidden| entry.starts_with(hidden));
        if seen && !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    let entries: Vec<String> = entries.iter().map(|entry| entry.display().to_string()).collect();
    entries.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(env: &[(&str, &str)]) -> JobSpec {
        JobSpec {
            turn: 1,
            id: berth_shared::api::JobId(uuid::Uuid::nil()),
            run_name: "sly-fox-1".into(),
            home_dir: "/root".into(),
            working_dir: None,
            shell: None,
            python: None,
            env: env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            setup: Vec::new(),
            init: Vec::new(),
            shm_bytes: None,
            container: crate::spec::ContainerSpec::default(),
            code: None,
            git: None,
            welcome: Vec::new(),
        }
    }

    fn places() -> Places {
        Places {
            home: "/root".into(),
            workflow: "/workflow".into(),
            start: "/workflow".into(),
            python: None,
            hidden: vec!["/root".into(), "/srv/berth".into()],
        }
    }

    #[test]
    fn what_is_asked_for_as_the_working_directory_is_below_the_usual_one_unless_it_is_absolute() {
        let at = |asked| start(asked, Path::new("/srv/w")).display().to_string();
        let all = [None, Some("src"), Some("/workflow/src"), Some("/data"), Some("")].map(at);
        assert_eq!(all, ["/srv/w", "/srv/w/src", "/srv/w/src", "/data", "/srv/w"]);
    }

    #[test]
    fn the_defaults_are_there_and_the_servers_secrets_are_not() {
        let server = [
            ("PATH", "/root/.cargo/bin:/opt/bin:/usr/bin:relative"),
            ("DATABASE_URL", "secret"),
            ("TZ", "UTC"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into();
        let allocation = Allocation { gpus: vec![2, 3], ..Allocation::default() };
        let env = variables(&job(&[]), "abc", "me", &allocation, &places(), &server);
        let told: Vec<String> = env.iter().map(|(k, v)| format!("{k}={v}")).collect();
        insta::assert_snapshot!(told.join("\n"), @"
        BERTH_INSTANCE=abc
        CUDA_DEVICE_ORDER=PCI_BUS_ID
        CUDA_VISIBLE_DEVICES=2,3
        DSTACK_GPUS_NUM=2
        DSTACK_GPUS_PER_NODE=2
        DSTACK_MASTER_NODE_IP=127.0.0.1
        DSTACK_NODES_NUM=1
        DSTACK_NODE_RANK=0
        DSTACK_REPO_ID=local
        DSTACK_RUN_NAME=sly-fox-1
        HOME=/root
        LOGNAME=me
        PATH=/opt/bin:/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/bin
        REPO_ID=local
        RUN_NAME=sly-fox-1
        SHELL=/bin/bash
        TZ=UTC
        USER=me
        ");
    }

    #[test]
    fn the_configuration_wins_but_for_home_and_the_tag() {
        let job = job(&[("DSTACK_RUN_NAME", "x"), ("HOME", "/y"), ("PATH", "/z"), (TAG, "q")]);
        let env = variables(&job, "abc", "me", &Allocation::default(), &places(), &BTreeMap::new());
        let of = |name: &str| env.get(name).map(String::as_str).unwrap_or_default();
        assert_eq!(
            (of("DSTACK_RUN_NAME"), of("HOME"), of("PATH"), of(TAG), of("CUDA_VISIBLE_DEVICES")),
            ("x", "/root", "/z", "abc", "")
        );
    }

    #[test]
    fn the_python_that_was_asked_for_comes_first() {
        let places = Places { python: Some("/python".into()), ..places() };
        assert!(path(Some("/usr/bin"), &places).starts_with("/python/bin:/usr/bin:"));
    }
}
