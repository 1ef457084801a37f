//! The IDEs that environments are worked in with, and the links that open one there.

/// An IDE on somebody's own machine, which works in an environment over SSH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ide {
    /// Visual Studio Code.
    VsCode,
    /// Cursor.
    Cursor,
    /// Windsurf.
    Windsurf,
    /// Zed.
    Zed,
}

impl Ide {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::VsCode, Self::Cursor, Self::Windsurf, Self::Zed];

    /// As `ide` of a configuration names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::VsCode => "vscode",
            Self::Cursor => "cursor",
            Self::Windsurf => "windsurf",
            Self::Zed => "zed",
        }
    }

    /// The IDE of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ide| ide.name() == name)
    }

    /// Its name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::VsCode => "VS Code",
            Self::Cursor => "Cursor",
            Self::Windsurf => "Windsurf",
            Self::Zed => "Zed",
        }
    }

    /// The link that opens the working directory of an environment, known to SSH by `host`, on a machine where the IDE is.
    ///
    /// Cursor and Windsurf are made of VS Code and have its links under their own schemes; Zed's name the host themselves.
    #[must_use]
    pub fn link(self, host: &str) -> String {
        match self {
            Self::Zed => format!("zed://ssh/{host}/workflow"),
            _ => format!("{}://vscode-remote/ssh-remote+{host}/workflow", self.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Dialect, values};

    #[test]
    fn each_ide_that_a_configuration_may_name_has_a_link() {
        assert_eq!(values("ide", Dialect::V0_22), Ide::ALL.map(Ide::name));
        let links: Vec<String> = Ide::ALL.iter().map(|ide| ide.link("fox")).collect();
        assert_eq!(
            links,
            [
                "vscode://vscode-remote/ssh-remote+fox/workflow",
                "cursor://vscode-remote/ssh-remote+fox/workflow",
                "windsurf://vscode-remote/ssh-remote+fox/workflow",
                "zed://ssh/fox/workflow",
            ]
        );
    }
}
