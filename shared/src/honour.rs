//! What becomes of the keys that dstack 0.22 has of its own: where they do what they ask for, and where not. Plans say it before a
//! launch, and the reference has it as a table.

use crate::{
    api::{PlanNote, ProjectSettings, flag_of},
    config::{Configuration, Newer},
};

/// What an environment is made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Processes of the server's own machine.
    Processes,
    /// Containers, on the server's machine or on an SSH host.
    Containers,
    /// Machines of a cloud that does not exist, on which nothing runs.
    Simulated,
}

impl Place {
    /// All of them, in the order of [`ROWS`].
    pub const ALL: [Self; 3] = [Self::Processes, Self::Containers, Self::Simulated];

    /// What it is called.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Processes => "`local`, processes",
            Self::Containers => "containers: `local`, SSH hosts",
            Self::Simulated => "simulated clouds",
        }
    }
}

/// What becomes of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Honour {
    /// It does what it asks for.
    Done,
    /// It has nothing to ask for there.
    Void,
    /// Nothing comes of it; the run is what it is without it.
    Left,
    /// It does what it asks for where the project allows it, and is not launched elsewhere: see [`forbidden`].
    Allowed,
    /// The run would be another one without it, so that it is not launched.
    Refused,
}

use Honour::{Allowed, Done, Left, Refused, Void};

/// A key, what becomes of it in each of [`Place::ALL`], and how, as the end of a sentence that begins with "it" or the like.
pub const ROWS: &[(&str, [Honour; 3], &str)] = &[
    ("ide", [Done; 3], "The run's page and its log have the IDE's link; without one they have SSH alone."),
    ("version", [Left; 3], "An IDE brings its own server, of its own version."),
    ("name", [Done; 3], "It is the run's name: 2 to 41 of `a-z`, `0-9` and `-`, a letter first."),
    (
        "user",
        [Left, Done, Left],
        "Commands and terminals are that user's; processes are those of whoever runs the server.",
    ),
    (
        "privileged",
        [Refused, Allowed, Allowed],
        "Only containers have it, where an admin of the server allows it to the project.",
    ),
    (
        "working_dir",
        [Done, Done, Void],
        "Commands and terminals begin there; what is relative is below `/workflow`. A container makes it.",
    ),
    ("shell", [Done, Done, Void], "It runs the commands, where it speaks as `sh` does, and is in terminals."),
    ("nvcc", [Left; 3], "The default image is the server's own."),
    ("single_branch", [Left; 3], "Code is cloned as the launch says."),
    ("docker", [Refused, Refused, Void], "No environment has a Docker inside."),
    ("dstack", [Left; 3], "There is no `dstack` command inside."),
    (
        "volumes",
        [Done, Done, Void],
        "Folders of the machine below those that the server allows (`--volume-root`); by `name`, volumes of its container engine, the project's own, made when they are first used and kept, which processes have none of.",
    ),
    (
        "repos",
        [Done, Done, Void],
        "The environment clones a `url`, with the project's login for its host; a `local_path` comes by `berth run`. What the launch names stands above it.",
    ),
    (
        "files",
        [Done, Done, Void],
        "They come by `berth run`, or from the dashboard, where whoever launches chooses them; before `setup` and as the environment's user; what is relative is below `/workflow`.",
    ),
    (
        "inactivity_duration",
        [Done; 3],
        "It counts from when somebody was last there: by a terminal, over SSH, or by what passes through a preview.",
    ),
    (
        "utilization_policy",
        [Done; 3],
        "A run is stopped when one of its GPUs was used below it for the whole window; `nvidia-smi` says how they are, and without GPUs nothing is.",
    ),
    ("retry", [Done; 3], "On no capacity, interruption and error, an hour when no `duration` is given."),
    ("max_duration", [Done; 3], "It counts from when the run began to run."),
    (
        "stop_duration",
        [Done; 3],
        "Processes have that long to end when they are asked; 10 seconds when it is not given, a day at most.",
    ),
    (
        "priority",
        [Done; 3],
        "Of a project's runs that wait for the same instance, or the same shared machine, the highest is first.",
    ),
    (
        "schedule",
        [Done; 3],
        "The run waits for its time, is over when it ends, and waits for the next; times at which it still ran, or no server did, are missed, and told.",
    ),
    ("idle_duration", [Void, Done, Done], "An instance is kept that long without a run."),
    (
        "fleets",
        [Done; 3],
        "They are pools: an instance of any of them is used, and a new one is the first one's.",
    ),
    (
        "instances",
        [Refused, Done, Done],
        "By their names, and nothing new is made; by address or number none is known.",
    ),
    (
        "tags",
        [Done; 3],
        "The run has them, and is found by them; containers have them as labels, `dev.berth.tag.NAME`.",
    ),
    ("availability_zones", [Left; 3], "No backend here has any."),
    ("reservation", [Left; 3], "No backend here has any."),
    ("startup_order", [Void; 3], "A run has one node."),
    ("stop_criteria", [Void; 3], "A run has one node."),
    ("backend_options", [Left; 3], "No backend here takes any."),
];

/// A key that is asked for in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// The key.
    pub path: &'static str,
    /// Why, as a sentence.
    pub why: &'static str,
    /// Whether nothing is launched because of it.
    pub refuses: bool,
}

/// The keys by which a configuration of dstack 0.22 asks for something that comes to nothing in a place, in the order of [`ROWS`]; none
/// of one of 0.18.
#[must_use]
pub fn unmet(configuration: &Configuration, place: Place) -> Vec<Unmet> {
    let Some(newer) = configuration.newer.as_deref() else { return Vec::new() };
    let at = Place::ALL.iter().position(|other| *other == place).unwrap_or_default();
    let object = |newer: &Newer| serde_json::to_value(newer).unwrap_or_default();
    let (asked, nothing) = (object(newer), object(&Newer::default()));
    let is_asked = |path: &str| match path {
        // Both dialects have it.
        "version" => configuration.version.as_ref().is_some_and(|version| !version.is_empty()),
        path => asked.get(path) != nothing.get(path),
    };
    ROWS.iter()
        .filter(|(path, ..)| is_asked(path))
        .filter_map(|&(path, honours, why)| match honours[at] {
            // What the project allows is asked beforehand, wherever the run would be.
            Done | Void | Allowed => None,
            Left => Some(Unmet { path, why, refuses: false }),
            Refused => Some(Unmet { path, why, refuses: true }),
        })
        .collect()
}

/// Why a project does not let a configuration be launched, wherever it would be; `None` = it does.
#[must_use]
pub fn forbidden(
    configuration: &Configuration,
    project: &str,
    settings: ProjectSettings,
) -> Option<PlanNote> {
    let asks = configuration.newer.as_deref().is_some_and(|newer| newer.privileged);
    (asks && !settings.privileged).then(|| PlanNote {
        code: "not-allowed".to_owned(),
        path: "privileged".to_owned(),
        message: format!(
            "`privileged` is not allowed in the project `{project}`: an admin of the server can allow it, under *Settings*, *Project* \
             or by `berth project set --privileged yes{}`; leave it out to launch without it",
            flag_of(project)
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::check_in,
        schema::{self, Dialect},
    };

    #[test]
    fn privileged_is_refused_unless_the_project_allows_it_and_in_processes_always() {
        let read = |text: &str| {
            let text = format!("type: dev-environment\n{text}\n");
            check_in(&text, Dialect::V0_22, None).configuration.expect("valid")
        };
        let allowing = ProjectSettings { privileged: true, ..ProjectSettings::default() };
        let in_place = told;
        let told = |text: &str, settings| forbidden(&read(text), "vision", settings).map(|note| note.message);
        assert_eq!(
            told("privileged: true", ProjectSettings::default()).as_deref(),
            Some(
                "`privileged` is not allowed in the project `vision`: an admin of the server can allow it, under *Settings*, *Project* or by \
                 `berth project set --privileged yes --project vision`; leave it out to launch without it"
            )
        );
        assert_eq!(told("privileged: true", allowing), None);
        assert_eq!(told("privileged: false", ProjectSettings::default()), None);
        assert_eq!(in_place("privileged: true", Place::Processes), [("privileged", true)]);
        assert_eq!(in_place("privileged: true", Place::Containers), []);
    }

    fn told(text: &str, place: Place) -> Vec<(&'static str, bool)> {
        let text = format!("type: dev-environment\n{text}\n");
        let configuration = check_in(&text, Dialect::V0_22, None).configuration.expect("valid");
        unmet(&configuration, place).into_iter().map(|unmet| (unmet.path, unmet.refuses)).collect()
    }

    #[test]
    fn every_key_that_0_22_has_of_its_own_has_a_row() {
        let of_its_own = schema::keys("", Dialect::V0_22)
            .filter(|field| schema::field(field.path, Dialect::V0_18).is_none());
        for field in of_its_own {
            assert!(ROWS.iter().any(|(path, ..)| *path == field.path), "{}", field.path);
        }
        for (path, ..) in ROWS {
            assert!(schema::field(path, Dialect::V0_22).is_some(), "{path}");
        }
    }

    #[test]
    fn what_is_asked_for_in_vain_is_told_by_its_place() {
        assert_eq!(told("name: x\nworking_dir: src", Place::Processes), []);
        assert_eq!(told("user: me", Place::Processes), [("user", false)]);
        assert_eq!(told("user: me", Place::Containers), []);
        assert_eq!(told("ide: zed\nversion: \"1\"", Place::Containers), [("version", false)]);
        assert_eq!(
            told("nvcc: true\nprivileged: true", Place::Processes),
            [("privileged", true), ("nvcc", false)]
        );
        for place in Place::ALL {
            assert_eq!(told("repos: [\"https://a/b\"]\nfiles: [\"a:~/b\"]", place), []);
        }
        // What says the same as nothing asks for nothing.
        assert_eq!(told("privileged: false\nvolumes: []", Place::Processes), []);
    }
}
