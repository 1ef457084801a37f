//! Who may do what: the one place where that is decided, for every endpoint, stream, terminal, SSH login and preview, and for
//! what the pages offer.

use std::fmt::Write as _;

use crate::api::Role;

/// What somebody is: to the server, and to the project that they ask about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Roles {
    /// To the server.
    pub server: Role,
    /// To the project; never less than to the server.
    pub project: Role,
}

impl Roles {
    /// What comes of what they are to the server, and of what the project has made them.
    #[must_use]
    pub fn new(server: Role, member: Option<Role>) -> Self {
        Self { server, project: member.map_or(server, |member| member.max(server)) }
    }

    /// The same, and no more than this.
    #[must_use]
    pub fn at_most(self, limit: Option<Role>) -> Self {
        let least = |role: Role| limit.map_or(role, |limit| limit.min(role));
        Self { server: least(self.server), project: least(self.project) }
    }

    /// What counts for an action.
    #[must_use]
    pub const fn over(self, action: Action) -> Role {
        if action.is_of_the_server() { self.server } else { self.project }
    }
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Be signed in: see who one is and which projects there are for one, read about the API, go again.
    BeHere,
    /// See the project: runs, instances, pools, logs, usage, costs, who is in it, and what secrets are called.
    See,
    /// See the server: who is there, its hosts, its figures, and machines that no run knows.
    SeeServer,
    /// Change one's own account: password, sessions, API tokens, SSH keys.
    Account,
    /// Launch an environment.
    Launch,
    /// Stop or delete a run, keep or remove its instance.
    ChangeRun,
    /// Work in an environment: terminal, SSH, ports.
    Work,
    /// Make and delete pools, add and remove their instances.
    ChangePools,
    /// Give secrets their values, and remove them.
    ChangeSecrets,
    /// Decide about machines that nobody's run knows.
    SettleOrphans,
    /// Add and remove machines of one's own over SSH.
    ChangeHosts,
    /// Decide who is told of what happens, and where.
    ChangeWebhooks,
    /// Invite people, change what they are to the server, and remove them.
    ChangePeople,
    /// Make projects.
    ChangeProjects,
    /// Decide who is in the project, and as what.
    ChangeMembers,
    /// Decide how much the project and each person may have and spend.
    ChangeLimits,
    /// Decide how the project reads configurations, and what it lets them ask for.
    ChangeSettings,
    /// Allow a project containers from which the machines can be taken over that it shares with all others.
    AllowPrivileged,
    /// Read who did what, from where, and when.
    SeeAudit,
}

/// Whose the thing is that something is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whose {
    /// That of the person who asks, or nobody's in particular.
    Own,
    /// Somebody else's.
    Others,
}

impl Whose {
    /// Whose it is, seen from `person`.
    #[must_use]
    pub fn of(owner: &str, person: &str) -> Self {
        if owner == person { Self::Own } else { Self::Others }
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It may go on.
    Allowed,
    /// What it is about may be seen, and this not be done to it: 403.
    Forbidden,
    /// For whoever asks there is no such thing: 404.
    Hidden,
}

impl Action {
    /// All, in the order of the table.
    pub const ALL: [Self; 19] = [
        Self::BeHere,
        Self::See,
        Self::SeeServer,
        Self::Account,
        Self::Launch,
        Self::ChangeRun,
        Self::Work,
        Self::ChangePools,
        Self::ChangeSecrets,
        Self::SettleOrphans,
        Self::ChangeHosts,
        Self::ChangeWebhooks,
        Self::ChangePeople,
        Self::ChangeProjects,
        Self::ChangeMembers,
        Self::ChangeLimits,
        Self::ChangeSettings,
        Self::AllowPrivileged,
        Self::SeeAudit,
    ];

    /// What it is, for people: "launch an environment".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::BeHere => "be signed in",
            Self::See => "see what goes on",
            Self::SeeServer => "see people, hosts and figures of the server",
            Self::Account => "change an account's password, sessions, tokens and keys",
            Self::Launch => "launch an environment",
            Self::ChangeRun => "stop, keep or delete a run",
            Self::Work => "work in an environment (terminal, SSH, ports)",
            Self::ChangePools => "change pools and their instances",
            Self::ChangeSecrets => "change secrets",
            Self::SettleOrphans => "decide about machines that no run knows",
            Self::ChangeHosts => "add and remove SSH hosts",
            Self::ChangeWebhooks => "decide who is told of what happens",
            Self::ChangePeople => "invite people, change roles and remove people",
            Self::ChangeProjects => "make projects",
            Self::ChangeMembers => "decide who is in the project",
            Self::ChangeLimits => "change limits",
            Self::ChangeSettings => "change the project's settings",
            Self::AllowPrivileged => "allow privileged containers on the server's machines",
            Self::SeeAudit => "read the audit log",
        }
    }

    /// Whether it is about the whole server: what somebody is to a project alone gives no leave then.
    #[must_use]
    pub const fn is_of_the_server(self) -> bool {
        matches!(
            self,
            Self::BeHere
                | Self::SeeServer
                | Self::Account
                | Self::SettleOrphans
                | Self::ChangeHosts
                | Self::ChangePeople
                | Self::ChangeProjects
                | Self::AllowPrivileged
                | Self::SeeAudit
        )
    }

    /// The least role that may do it; `None` = nobody may.
    #[must_use]
    pub const fn least(self, whose: Whose) -> Option<Role> {
        match (self, whose) {
            (Self::BeHere, _) | (Self::Account, Whose::Own) => Some(Role::Guest),
            (Self::See | Self::SeeServer, _) => Some(Role::Viewer),
            // Not even an admin: who can sign in as somebody else leaves no trace of who did what.
            (Self::Account, Whose::Others) => None,
            (Self::Launch | Self::ChangeRun | Self::Work, Whose::Own) => Some(Role::Member),
            (Self::ChangeRun | Self::Work, Whose::Others) => Some(Role::Manager),
            // Nobody launches in another's name.
            (Self::Launch, Whose::Others) => None,
            (Self::ChangePools | Self::ChangeSecrets | Self::SettleOrphans | Self::ChangeWebhooks, _) => {
                Some(Role::Manager)
            }
            (
                Self::ChangeHosts
                | Self::ChangePeople
                | Self::ChangeProjects
                | Self::ChangeMembers
                | Self::ChangeLimits
                | Self::ChangeSettings
                | Self::AllowPrivileged
                | Self::SeeAudit,
                _,
            ) => Some(Role::Admin),
        }
    }
}

/// Whether somebody of this role may do that; `None` = somebody who is not signed in, and may nothing.
#[must_use]
pub fn decide(role: Option<Role>, action: Action, whose: Whose) -> Verdict {
    let Some(role) = role else { return Verdict::Hidden };
    match action.least(whose) {
        Some(least) if role >= least => Verdict::Allowed,
        // Of another's account there is nothing to be seen.
        None => Verdict::Hidden,
        // Nor is there anything to be seen of what a guest is no part of.
        Some(_) if role == Role::Guest => Verdict::Hidden,
        Some(_) => Verdict::Forbidden,
    }
}

/// The same, where all that counts is whether it may be done.
#[must_use]
pub fn may(role: Role, action: Action, whose: Whose) -> bool {
    decide(Some(role), action, whose) == Verdict::Allowed
}

/// Why somebody of this role may not do that, and who may: "a viewer may not launch an environment; a member may: ask an admin".
#[must_use]
pub fn refusal(role: Role, action: Action, whose: Whose) -> String {
    let article = |role: Role| if role == Role::Admin { "an" } else { "a" };
    let what = action.words();
    let of = match whose {
        // Whose it is makes no difference to these, or they are nobody's.
        Whose::Others if action.least(Whose::Own) != action.least(Whose::Others) => " of somebody else’s",
        _ => "",
    };
    let who = match action.least(whose) {
        // Whoever reads it may be one of their project.
        Some(Role::Admin) if action.is_of_the_server() => "an admin of the server may: ask one".to_owned(),
        Some(Role::Admin) => "an admin may: ask one".to_owned(),
        Some(least) => format!("{} {least} may: ask an admin", article(least)),
        None => "nobody may".to_owned(),
    };
    format!("{} {role} may not {what}{of}; {who}", article(role))
}

/// The table of all this in Markdown.
#[must_use]
pub fn table() -> String {
    let mut text = String::from(
        "| | | counts | guest | viewer | member | manager | admin |\n|---|---|---|---|---|---|---|---|\n",
    );
    for action in Action::ALL {
        for (whose, word) in [(Whose::Own, "own"), (Whose::Others, "another's")] {
            let counts = if action.is_of_the_server() { "server" } else { "project" };
            let _ = write!(text, "| {} | {word} | {counts} |", action.words());
            for role in Role::ALL {
                let word = match decide(Some(role), action, whose) {
                    Verdict::Allowed => "yes",
                    Verdict::Forbidden => "–",
                    Verdict::Hidden => "not seen",
                };
                let _ = write!(text, " {word} |");
            }
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_role_may_do_all_that_a_lower_one_may() {
        for action in Action::ALL {
            for whose in [Whose::Own, Whose::Others] {
                let allowed = Role::ALL.map(|role| may(role, action, whose));
                assert!(allowed.is_sorted(), "{action:?} {whose:?}: {allowed:?}");
            }
        }
    }

    #[test]
    fn nobody_may_anything_without_an_account() {
        for action in Action::ALL {
            for whose in [Whose::Own, Whose::Others] {
                assert_eq!(decide(None, action, whose), Verdict::Hidden, "{action:?}");
            }
        }
    }

    #[test]
    fn what_ones_own_is_may_be_changed_by_whoever_may_change_that_of_others() {
        for action in Action::ALL {
            for role in Role::ALL {
                let others = may(role, action, Whose::Others);
                assert!(!others || may(role, action, Whose::Own), "{role} {action:?}");
            }
        }
    }

    #[test]
    fn a_refusal_says_who_may() {
        for (role, action, whose, words) in [
            (
                Role::Viewer,
                Action::Launch,
                Whose::Own,
                "a viewer may not launch an environment; a member may: ask an admin",
            ),
            (
                Role::Member,
                Action::ChangeRun,
                Whose::Others,
                "a member may not stop, keep or delete a run of somebody else’s; a manager may: ask an admin",
            ),
            (
                Role::Manager,
                Action::ChangeHosts,
                Whose::Others,
                "a manager may not add and remove SSH hosts; an admin of the server may: ask one",
            ),
            (
                Role::Viewer,
                Action::ChangeSettings,
                Whose::Own,
                "a viewer may not change the project's settings; an admin may: ask one",
            ),
        ] {
            assert_eq!(refusal(role, action, whose), words);
        }
    }

    #[test]
    fn what_a_project_makes_somebody_counts_in_it_alone() {
        let roles = Roles::new(Role::Guest, Some(Role::Admin));
        for action in Action::ALL {
            let wanted = if action.is_of_the_server() { Role::Guest } else { Role::Admin };
            assert_eq!(roles.over(action), wanted, "{action:?}");
        }
        assert_eq!(Roles::new(Role::Manager, Some(Role::Viewer)).project, Role::Manager);
        assert_eq!(roles.at_most(Some(Role::Viewer)).project, Role::Viewer);
    }

    #[test]
    fn a_guest_learns_nothing_of_what_there_is() {
        for action in Action::ALL {
            for whose in [Whose::Own, Whose::Others] {
                let verdict = decide(Some(Role::Guest), action, whose);
                assert_ne!(verdict, Verdict::Forbidden, "{action:?}");
            }
        }
    }

    #[test]
    fn viewers_change_nothing_but_their_own_account() {
        for action in Action::ALL {
            for whose in [Whose::Own, Whose::Others] {
                let harmless = matches!(
                    (action, whose),
                    (Action::BeHere | Action::See | Action::SeeServer, _) | (Action::Account, Whose::Own)
                );
                assert_eq!(may(Role::Viewer, action, whose), harmless, "{action:?} {whose:?}");
            }
        }
    }
}
