//! What somebody may do here, and in words why something is not for them: the one place where pages ask [`policy`].

#[cfg(target_arch = "wasm32")]
mod reader;

#[cfg(target_arch = "wasm32")]
pub use reader::{refusal, refusal_of};

use berth_shared::{
    api::{Person, Role},
    policy::{self, Action, Whose},
};
use berth_texts::{t, tf};

/// Why somebody of this role may not do that, in the words in which the server says it, without a full stop; `None` = they may.
#[must_use]
pub fn why_not(role: Role, action: Action, whose: Whose) -> Option<String> {
    (!policy::may(role, action, whose)).then(|| policy::refusal(role, action, whose))
}

/// Somebody of this role: `a viewer`, `an admin`.
#[must_use]
pub fn one(role: Role) -> &'static str {
    match role {
        Role::Guest => t!("a guest"),
        Role::Viewer => t!("a viewer"),
        Role::Member => t!("a member"),
        Role::Manager => t!("a manager"),
        Role::Admin => t!("an admin"),
    }
}

/// What a role is for, in a clause that follows a name: `sees what goes on`.
#[must_use]
pub fn purpose(role: Role) -> &'static str {
    match role {
        Role::Guest => t!("sees nothing but the projects that they are in"),
        Role::Viewer => t!("sees what goes on, and changes nothing"),
        Role::Member => t!("launches environments and works in them"),
        Role::Manager => t!("looks after everybody’s environments, the pools and the secrets, too"),
        Role::Admin => t!("looks after the people and the machines, too"),
    }
}

/// Why this person's role can be neither lowered nor taken away, in a clause without a full stop: nobody would be left who can
/// give it back. `None` = it can.
#[must_use]
pub fn last_admin(people: &[Person], name: &str) -> Option<String> {
    let mut admins = people.iter().filter(|person| person.role == Role::Admin);
    match (admins.next(), admins.next()) {
        (Some(only), None) if only.name == name => {
            Some(tf!("{name} is the only admin; make somebody else an admin first"))
        }
        _ => None,
    }
}

/// Who has a column in the table of roles. A guest may nothing in a project; what they are is said beside it.
pub const SHOWN: [Role; 4] = [Role::Viewer, Role::Member, Role::Manager, Role::Admin];

/// A line of the table of roles: something that can be done, and whether each of [`SHOWN`] may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is: `Launch an environment`.
    pub what: String,
    /// In the order of [`SHOWN`].
    pub may: [bool; SHOWN.len()],
}

/// The table of roles as people read it: what nobody may is left out, as what whoever has an account may, and what is the same
/// for one's own and for others' things is one line.
#[must_use]
pub fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for action in Action::ALL {
        let [own, others] =
            [Whose::Own, Whose::Others].map(|whose| SHOWN.map(|role| policy::may(role, action, whose)));
        if Role::ALL.into_iter().all(|role| policy::may(role, action, Whose::Own)) {
            continue;
        }
        let what = crate::format::capitalised(action.words());
        if own == others {
            lines.push(Line { what, may: own });
            continue;
        }
        let nobody = others == [false; SHOWN.len()];
        lines.push(Line { what: if nobody { what.clone() } else { tf!("{what}: one’s own") }, may: own });
        if !nobody {
            lines.push(Line { what: tf!("{what}: others’, too"), may: others });
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use berth_shared::time::Timestamp;

    use super::*;

    #[test]
    fn there_is_a_reason_exactly_where_the_policy_refuses() {
        for role in Role::ALL {
            for action in Action::ALL {
                for whose in [Whose::Own, Whose::Others] {
                    let why = why_not(role, action, whose);
                    assert_eq!(
                        why.is_none(),
                        policy::may(role, action, whose),
                        "{role} {action:?} {whose:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_only_admin_stays_one_until_there_is_another() {
        let person = |name: &str, role| Person {
            name: name.into(),
            role,
            created_at: Timestamp(0),
            has_password: false,
            last_seen_at: None,
        };
        let mut people = vec![person("ada", Role::Admin), person("bob", Role::Manager)];
        assert_eq!(
            last_admin(&people, "ada").as_deref(),
            Some("ada is the only admin; make somebody else an admin first")
        );
        assert_eq!(last_admin(&people, "bob"), None);
        people[1].role = Role::Admin;
        assert_eq!(last_admin(&people, "ada"), None);
        assert_eq!(last_admin(&[], "ada"), None);
    }

    #[test]
    fn the_table_leaves_out_what_nobody_may_and_parts_own_from_others_only_where_that_matters() {
        let lines = lines();
        let line = |what: &str| lines.iter().find(|line| line.what == what).map(|line| line.may);
        assert_eq!(line("Launch an environment"), Some([false, true, true, true]));
        assert_eq!(line("Stop, keep or delete a run: one’s own"), Some([false, true, true, true]));
        assert_eq!(line("Stop, keep or delete a run: others’, too"), Some([false, false, true, true]));
        assert_eq!(line("Change secrets"), Some([false, false, true, true]));
        assert_eq!(line("Be signed in"), None);
        assert!(lines.iter().all(|line| line.may[3]), "an admin may whatever anybody may");
    }
}
