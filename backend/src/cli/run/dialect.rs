//! How the server will read a text that it is sent.

use berth_shared::{
    api::ProjectSettings,
    config::{Reading, check_bytes},
    schema::Dialect,
};

use crate::cli::client::{Access, ClientError};

/// As which release a text is read that says nothing else: as the project has it that it is launched in. Nobody is asked where the text
/// is read the same by all. With an error where nobody can tell; then what is wrong with the text can be said, and nothing be launched.
pub(super) async fn default_for(bytes: &[u8], access: &Access) -> (Dialect, Option<ClientError>) {
    if all_read_the_same(bytes) {
        return (Dialect::default(), None);
    }
    match asked(access).await {
        Ok(settings) => (settings.dialect, None),
        Err(error) => (Dialect::default(), Some(error)),
    }
}

async fn asked(access: &Access) -> Result<ProjectSettings, ClientError> {
    match access.client()?.get("/settings").await {
        // A server of an earlier version has none, and reads as they are from the start.
        Err(error)
            if error
                .problem()
                .is_some_and(|problem| problem.status == 404 && problem.code == "not-found") =>
        {
            Ok(ProjectSettings::default())
        }
        answer => answer,
    }
}

fn all_read_the_same(bytes: &[u8]) -> bool {
    let read = Dialect::ALL.map(|default| check_bytes(bytes, Reading::auto(default)).told.dialect);
    read.iter().all(|dialect| *dialect == read[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_asked_how_a_text_is_read_that_says_so_itself() {
        for told in [
            "# dstack: 0.22\ntype: dev-environment\nide: vscode\n",
            "type: dev-environment\nname: fox\nide: zed\n",
        ] {
            assert!(all_read_the_same(told.as_bytes()), "{told}");
        }
        assert!(!all_read_the_same(b"type: dev-environment\nide: vscode\n"));
    }
}
