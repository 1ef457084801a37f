//! What is mounted in environments: folders of the machine below those that the server allows, and in containers the engine's own volumes
//! (`volumes`, `spec/dstack-0.22.md` §5). Both outlive the run.

use std::{collections::HashMap, fmt, path::Path, str::FromStr};

use async_trait::async_trait;
use berth_shared::{
    api::{NOT_HONOURED, PlanNote},
    config::{Configuration, Mount as Asked, OneOrMany},
};
use bollard::models::{Mount, MountType, VolumeCreateRequest};

use super::{Engine, Settings, recipe::INSTALLATION};
use crate::{
    provider::ProviderError,
    supervisor::spec::{MountSource, MountSpec},
};

/// Label of a volume: the name that configurations know it by.
const VOLUME: &str = "dev.berth.volume";

/// Label of a volume: its project.
const PROJECT: &str = "dev.berth.project";

/// Characters of the installation's identifier in names of its volumes.
const INSTALLATION_LENGTH: usize = 8;

/// The longest name of a volume.
const LONGEST_NAME: usize = 64;

/// A folder below which configurations may mount something: `PATH` on the server's own machine, `HOST:PATH` on the SSH host of this
/// name, `*:PATH` on all SSH hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeRoot {
    /// The host; `None` = the server's own machine.
    host: Option<String>,
    /// The folder: absolute, without a slash at its end unless it is one.
    pub path: String,
}

impl VolumeRoot {
    /// Which folders these are on this host; `None` = on the server's own machine.
    pub(crate) fn of(all: &[Self], host: Option<&str>) -> Vec<String> {
        all.iter().filter(|root| root.is_of(host)).map(|root| root.path.clone()).collect()
    }

    /// The first of these folders of the server's own machine by which the server's data directory could be reached.
    #[must_use]
    pub fn reaching<'a>(all: &'a [Self], directory: &Path) -> Option<&'a Self> {
        let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let directory = real(directory);
        all.iter().filter(|root| root.is_of(None)).find(|root| {
            let root = real(Path::new(&root.path));
            directory.starts_with(&root) || root.starts_with(&directory)
        })
    }

    /// Whether it is a folder of this host; `None` = of the server's own machine.
    fn is_of(&self, host: Option<&str>) -> bool {
        match (&self.host, host) {
            (None, None) => true,
            (Some(of), Some(host)) => of == "*" || of == host,
            _ => false,
        }
    }
}

impl FromStr for VolumeRoot {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, path) = match text.split_once(':') {
            Some((host, path)) if !host.contains('/') => (Some(host.to_owned()), path),
            _ => (None, text),
        };
        let wrong = host.as_deref() == Some("")
            || !path.starts_with('/')
            || path.split('/').any(|part| part == ".." || part == ".");
        if wrong {
            return Err(
                "a folder is absolute: `/data`, on an SSH host `HOST:/data`, on all of them `*:/data`"
                    .to_owned(),
            );
        }
        let path = match path.trim_end_matches('/') {
            "" => "/".to_owned(),
            path => path.to_owned(),
        };
        Ok(Self { host, path })
    }
}

/// The files of a machine, as far as something of them is mounted.
#[async_trait]
pub trait Paths: fmt::Debug + Send + Sync {
    /// The path without any link on its way; `None` = there is nothing.
    ///
    /// # Errors
    /// When that cannot be found out; in words.
    async fn real(&self, path: &str) -> Result<Option<String>, String>;
}

/// Those of the server's own machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServerPaths;

#[async_trait]
impl Paths for ServerPaths {
    async fn real(&self, path: &str) -> Result<Option<String>, String> {
        match tokio::fs::canonicalize(path).await {
            Ok(real) => match real.into_os_string().into_string() {
                Ok(real) => Ok(Some(real)),
                Err(_) => Err(format!("`{path}` leads to a name that is no text")),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("`{path}`: {error}")),
        }
    }
}

/// Whether a path is one of these folders or below one.
fn is_within(path: &str, roots: &[String]) -> bool {
    roots.iter().any(|root| {
        root == "/"
            || path.strip_prefix(root.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Whether an engine takes this as a part of a volume's name.
fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

/// What of a configuration's `volumes` cannot be had on a machine with these folders, with an engine or without.
pub(crate) fn refused(configuration: &Configuration, roots: &[String], engine: bool) -> Vec<PlanNote> {
    let volumes = configuration.newer.as_ref().map(|newer| newer.volumes.as_slice()).unwrap_or_default();
    let note =
        |message: String| PlanNote { code: NOT_HONOURED.to_owned(), path: "volumes".to_owned(), message };
    let refused = volumes.iter().filter_map(|volume| match volume {
        Asked::Instance { optional: true, .. } => None,
        Asked::Instance { instance_path, .. } => (!is_within(instance_path, roots)).then(|| match roots {
            [] => format!(
                "`{instance_path}` cannot be mounted: no folder of this machine may be; whoever runs the server allows one by \
                 `--volume-root`"
            ),
            roots => format!(
                "`{instance_path}` cannot be mounted: of this machine that is for what is below `{}`",
                roots.join("`, `")
            ),
        }),
        Asked::Network { name, .. } => {
            let first = first(name).unwrap_or_default();
            if !engine {
                return Some(format!(
                    "the volume `{first}` cannot be had: volumes are a container engine's, and environments are processes here; name a \
                     folder of the machine by `instance_path`"
                ));
            }
            (!is_name(first)).then(|| {
                format!(
                    "a volume cannot be named `{first}`: up to {LONGEST_NAME} of `A-Z`, `a-z`, `0-9`, `_`, `.` and `-`, a letter \
                     or digit first"
                )
            })
        }
    });
    refused.map(note).collect()
}

/// The name of a volume where several are given: each machine has all of them, so that it is the first.
fn first(name: &OneOrMany) -> Option<&str> {
    match name {
        OneOrMany::One(name) => Some(name),
        OneOrMany::Many(names) => names.first().map(String::as_str),
    }
}

/// What a job of this configuration has mounted.
pub(crate) fn asked(configuration: &Configuration, project: &str) -> Vec<MountSpec> {
    let volumes = configuration.newer.as_ref().map(|newer| newer.volumes.as_slice()).unwrap_or_default();
    let mount = |volume: &Asked| match volume {
        Asked::Instance { instance_path, path, optional } => Some(MountSpec {
            source: MountSource::Path { path: instance_path.clone(), optional: *optional },
            target: path.clone(),
        }),
        Asked::Network { name, path } => Some(MountSpec {
            source: MountSource::Volume { project: project.to_owned(), name: first(name)?.to_owned() },
            target: path.clone(),
        }),
    };
    volumes.iter().filter_map(mount).collect()
}

/// What an engine is told to mount; makes the volumes that are not there.
///
/// # Errors
/// When something may not be mounted, is not there, or the engine does not answer.
pub(super) async fn mounts(
    engine: &Engine,
    settings: &Settings,
    asked: &[MountSpec],
) -> Result<Vec<Mount>, ProviderError> {
    let mut mounts = Vec::new();
    for MountSpec { source, target } in asked {
        let (typ, source) = match source {
            MountSource::Path { path, optional } => {
                match real(&*settings.paths, &settings.roots(), path, *optional).await? {
                    Some(real) => (MountType::BIND, real),
                    None => continue,
                }
            }
            MountSource::Volume { project, name } => {
                let volume = volume(&settings.installation, project, name);
                let full = volume.name.clone().unwrap_or_default();
                // The engine gives the one that is there when one has this name.
                let made = engine.docker.create_volume(volume).await;
                made.map_err(|error| engine.error(&format!("the volume `{name}` cannot be made"), &error))?;
                (MountType::VOLUME, full)
            }
        };
        mounts.push(Mount {
            typ: Some(typ),
            source: Some(source),
            target: Some(target.clone()),
            ..Mount::default()
        });
    }
    Ok(mounts)
}

/// What an environment of processes of the server's machine is shown, below these folders: paths without a link on their way.
///
/// # Errors
/// When something may not be shown, or is not there.
pub(crate) async fn shown(roots: &[String], asked: &[MountSpec]) -> Result<Vec<MountSpec>, ProviderError> {
    let mut shown = Vec::new();
    for mount in asked {
        let MountSource::Path { path, optional } = &mount.source else {
            shown.push(mount.clone());
            continue;
        };
        if let Some(path) = real(&ServerPaths, roots, path, *optional).await? {
            let source = MountSource::Path { path, optional: false };
            shown.push(MountSpec { source, target: mount.target.clone() });
        }
    }
    Ok(shown)
}

/// Where a path leads that may be mounted; `None` = there is nothing, and that is no matter.
async fn real(
    paths: &dyn Paths,
    roots: &[String],
    path: &str,
    optional: bool,
) -> Result<Option<String>, ProviderError> {
    let permanent = |message: String| Err(ProviderError::Permanent { message, source: None });
    let found = match is_within(path, roots) {
        true => paths.real(path).await,
        false => Ok(None),
    };
    match found {
        Err(message) => Err(ProviderError::Temporary {
            message: format!("what is to be mounted cannot be looked at: {message}"),
            source: None,
        }),
        // A link may lead elsewhere, and somebody may have made it from within another run.
        Ok(Some(real)) if is_within(&real, roots) => Ok(Some(real)),
        Ok(_) if optional => Ok(None),
        Ok(Some(real)) => {
            permanent(format!("`{path}` cannot be mounted: it leads to `{real}`, which may not be"))
        }
        Ok(None) if is_within(path, roots) => permanent(format!(
            "`{path}` cannot be mounted: it is not there; add `optional: true` to begin without it"
        )),
        Ok(None) => permanent(format!("`{path}` cannot be mounted: it is outside of what the server allows")),
    }
}

/// A volume of a project.
fn volume(installation: &str, project: &str, name: &str) -> VolumeCreateRequest {
    let labels = [(VOLUME, name), (PROJECT, project), (INSTALLATION, installation)];
    let short: String = installation.chars().take(INSTALLATION_LENGTH).collect();
    VolumeCreateRequest {
        // No name of a project has a dot: two projects never mean the same one.
        name: Some(format!("berth-{short}-{project}.{name}")),
        labels: Some(
            labels
                .map(|(label, value)| (label.to_owned(), value.to_owned()))
                .into_iter()
                .collect::<HashMap<_, _>>(),
        ),
        ..VolumeCreateRequest::default()
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::{config::check_in, schema::Dialect};

    use super::*;

    fn configuration(volumes: &str) -> Configuration {
        let text = format!("type: dev-environment\nvolumes: {volumes}\n");
        check_in(&text, Dialect::V0_22, None).configuration.expect("valid")
    }

    fn told(volumes: &str, roots: &[&str]) -> String {
        let roots: Vec<String> = roots.iter().map(|&root| root.to_owned()).collect();
        let notes = refused(&configuration(volumes), &roots, true);
        notes.into_iter().map(|note| note.message).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_folder_is_mounted_where_it_is_below_one_that_is_allowed() {
        assert_eq!(told("['/data/a:/a', '/data:/b']", &["/data"]), "");
        assert_eq!(told("['/anything:/a']", &["/"]), "");
        insta::assert_snapshot!(told("['/database:/a']", &["/data", "/srv"]), @"`/database` cannot be mounted: of this machine that is for what is below `/data`, `/srv`");
        insta::assert_snapshot!(told("['/data:/a']", &[]), @"`/data` cannot be mounted: no folder of this machine may be; whoever runs the server allows one by `--volume-root`");
        assert_eq!(told("[{instance_path: /data, path: /a, optional: true}]", &[]), "", "it may be left out");
    }

    #[test]
    fn a_volume_has_a_name_that_engines_take() {
        assert_eq!(told("['my-data.1:/a', {name: [first, ' second'], path: /b}]", &[]), "");
        insta::assert_snapshot!(told("['.data:/a']", &[]), @"a volume cannot be named `.data`: up to 64 of `A-Z`, `a-z`, `0-9`, `_`, `.` and `-`, a letter or digit first");
    }

    #[test]
    fn volumes_of_two_projects_are_never_the_same() {
        let name = |project: &str, name: &str| volume("0123456789", project, name).name.expect("a name");
        assert_eq!(name("main", "data"), "berth-01234567-main.data");
        assert_ne!(name("a-b", "c"), name("a", "b-c"));
    }

    #[test]
    fn a_root_is_of_the_machine_that_it_names() {
        let root = |text: &str| text.parse::<VolumeRoot>();
        let of = |text: &str, host| root(text).expect("a folder").is_of(host);
        assert!(of("/data", None) && !of("/data", Some("gpu-1")));
        assert!(
            of("gpu-1:/data", Some("gpu-1")) && !of("gpu-1:/data", None) && !of("gpu-1:/data", Some("b"))
        );
        assert!(of("*:/data", Some("gpu-1")) && !of("*:/data", None));
        assert_eq!(root("/data//").expect("a folder").path, "/data");
        assert_eq!(root("/").expect("a folder").path, "/");
        for wrong in ["data", "gpu-1:data", ":/data", "/data/../etc", ""] {
            root(wrong).expect_err(wrong);
        }
    }

    #[test]
    fn no_root_reaches_the_data_directory() {
        let reaching = |roots: &[&str]| {
            let roots: Vec<VolumeRoot> = roots.iter().map(|root| root.parse().expect("a folder")).collect();
            VolumeRoot::reaching(&roots, Path::new("/srv/berth")).map(|root| root.path.clone())
        };
        assert_eq!(reaching(&["/srv/data", "/srv/berth-data", "*:/", "gpu-1:/srv"]), None);
        for root in ["/", "/srv", "/srv/berth", "/srv/berth/volumes"] {
            assert_eq!(reaching(&["/data", root]).as_deref(), Some(root));
        }
        let link = std::env::temp_dir().join(format!("berth-root-{}", std::process::id()));
        std::os::unix::fs::symlink("/", &link).expect("a link");
        let found = reaching(&[&link.to_string_lossy()]);
        std::fs::remove_file(&link).expect("removed");
        assert!(found.is_some(), "a link that leads there is one that reaches it");
    }

    #[derive(Debug)]
    struct Links;

    #[async_trait]
    impl Paths for Links {
        async fn real(&self, path: &str) -> Result<Option<String>, String> {
            Ok(match path {
                "/data/link" => Some("/etc".to_owned()),
                "/data/inner" => Some("/data/other".to_owned()),
                "/data/none" => None,
                path => Some(path.to_owned()),
            })
        }
    }

    #[tokio::test]
    async fn a_link_that_leads_out_of_what_is_allowed_is_not_followed() {
        let settings = Settings {
            installation: String::new(),
            default_image: String::new(),
            scratch: std::path::PathBuf::new(),
            volume_roots: vec!["/data".parse().expect("a folder")],
            host: None,
            paths: std::sync::Arc::new(Links),
        };
        let found = async |path: &str, optional| match real(
            &*settings.paths,
            &settings.roots(),
            path,
            optional,
        )
        .await
        {
            Ok(found) => found.unwrap_or_default(),
            Err(error) => error.to_string(),
        };
        assert_eq!(found("/data/a", false).await, "/data/a");
        assert_eq!(found("/data/inner", false).await, "/data/other");
        insta::assert_snapshot!(found("/data/link", false).await, @"`/data/link` cannot be mounted: it leads to `/etc`, which may not be");
        insta::assert_snapshot!(found("/data/none", false).await, @"`/data/none` cannot be mounted: it is not there; add `optional: true` to begin without it");
        insta::assert_snapshot!(found("/etc", false).await, @"`/etc` cannot be mounted: it is outside of what the server allows");
        for path in ["/data/link", "/data/none", "/etc"] {
            assert_eq!(found(path, true).await, "", "{path}");
        }
    }
}
