//! Who programs in a container belong to.

use std::{fs, io};

use nix::unistd::{Gid, Uid, setgid, setgroups, setuid};
use serde::{Deserialize, Serialize};

/// A user with their groups, as numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) groups: Vec<u32>,
    /// The account's name, or its number where it has none.
    pub(crate) name: String,
    /// The account's home directory.
    pub(crate) home: Option<String>,
}

impl Identity {
    /// The user that an image names: `NAME|UID[:GROUP|GID]`, by the container's own accounts. `None` for root and for nobody
    /// in particular.
    ///
    /// # Errors
    /// When there is no such user or group, for people.
    pub(crate) fn find(user: &str) -> io::Result<Option<Self>> {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        Self::parse(user, &read("/etc/passwd"), &read("/etc/group"))
            .map_err(|message| io::Error::new(io::ErrorKind::NotFound, message))
    }

    fn parse(user: &str, passwd: &str, group: &str) -> Result<Option<Self>, String> {
        let (user, wanted_group) = match user.split_once(':') {
            Some((user, group)) => (user, Some(group).filter(|group| !group.is_empty())),
            None => (user, None),
        };
        let line = |text: &'_ str, name: &str| -> Option<Vec<String>> {
            let fields = |line: &str| line.split(':').map(ToOwned::to_owned).collect::<Vec<_>>();
            let found = |by: usize| text.lines().map(fields).find(|f| f.get(by).is_some_and(|v| v == name));
            found(0).or_else(|| found(2))
        };
        if user.is_empty() && wanted_group.is_none() {
            return Ok(None);
        }
        let account = line(passwd, if user.is_empty() { "root" } else { user });
        let number = |fields: &Option<Vec<String>>, at: usize| fields.as_ref()?.get(at)?.parse::<u32>().ok();
        let uid = match number(&account, 2) {
            Some(uid) => uid,
            None if user.is_empty() => 0,
            None => {
                user.parse().map_err(|_| format!("the image's user `{user}` is not in its /etc/passwd"))?
            }
        };
        let gid = match wanted_group {
            None => number(&account, 3).unwrap_or(0),
            Some(name) => match number(&line(group, name), 2) {
                Some(gid) => gid,
                None => name
                    .parse()
                    .map_err(|_| format!("the image's group `{name}` is not in its /etc/group"))?,
            },
        };
        if uid == 0 && gid == 0 {
            return Ok(None);
        }
        let name = account.as_ref().and_then(|f| f.first().cloned()).unwrap_or_else(|| uid.to_string());
        let mut groups = vec![gid];
        // As Docker does: the groups that name the user count when no group was asked for.
        if wanted_group.is_none() {
            for line in group.lines() {
                let fields: Vec<&str> = line.split(':').collect();
                let member = fields.get(3).is_some_and(|members| members.split(',').any(|m| m == name));
                if let (true, Some(Ok(gid))) = (member, fields.get(2).map(|gid| gid.parse())) {
                    groups.push(gid);
                }
            }
        }
        groups.sort_unstable();
        groups.dedup();
        let home = account.and_then(|f| f.get(5).cloned()).filter(|home| home.starts_with('/'));
        Ok(Some(Self { uid, gid, groups, name, home }))
    }

    /// Becomes this user for good. Between fork and exec: only system calls.
    pub(crate) fn assume(&self) -> io::Result<()> {
        // The list is short, so it is put on the stack.
        let mut groups = [Gid::from_raw(0); 32];
        let count = self.groups.len().min(groups.len());
        for (to, from) in groups.iter_mut().zip(&self.groups) {
            *to = Gid::from_raw(*from);
        }
        setgroups(&groups[..count])?;
        setgid(Gid::from_raw(self.gid))?;
        setuid(Uid::from_raw(self.uid))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\njovyan:x:1000:100::/home/jovyan:/bin/bash\n";
    const GROUP: &str = "root:x:0:\nusers:x:100:\nvideo:x:44:jovyan,other\n";

    fn found(user: &str) -> Result<Option<Identity>, String> {
        Identity::parse(user, PASSWD, GROUP)
    }

    fn identity(uid: u32, gid: u32, groups: &[u32], name: &str, home: Option<&str>) -> Option<Identity> {
        Some(Identity {
            uid,
            gid,
            groups: groups.to_vec(),
            name: name.to_owned(),
            home: home.map(ToOwned::to_owned),
        })
    }

    #[test]
    fn users_are_found_by_name_and_by_number() {
        let home = Some("/home/jovyan");
        assert_eq!(found("jovyan"), Ok(identity(1000, 100, &[44, 100], "jovyan", home)));
        assert_eq!(found("1000"), found("jovyan"));
        assert_eq!(found("1000:44"), Ok(identity(1000, 44, &[44], "jovyan", home)));
        assert_eq!(found("1234"), Ok(identity(1234, 0, &[0], "1234", None)));
        assert_eq!(found("1234:video"), Ok(identity(1234, 44, &[44], "1234", None)));
        for root in ["", "root", "0", "0:0", "root:root"] {
            assert_eq!(found(root), Ok(None), "{root}");
        }
    }

    #[test]
    fn who_is_not_there_is_told() {
        assert_eq!(found("nobody").unwrap_err(), "the image's user `nobody` is not in its /etc/passwd");
        assert_eq!(found("root:wheel").unwrap_err(), "the image's group `wheel` is not in its /etc/group");
    }
}
