//! What lets a browser look at a port of a run: a ticket from the dashboard, exchanged once for a cookie of the preview's own.

use berth_shared::{api::RunId, policy::Roles, time::Timestamp};

use super::{Auth, Caller, Digest, Proof, Secret};
use crate::store::StoreError;

/// For how long a ticket can be exchanged.
const TICKET_SECONDS: i64 = 60;

/// For how long the cookie that it is exchanged for serves, at most: it ends with the session too.
pub const PREVIEW_SECONDS: i64 = 7 * 24 * 3600;

/// Who may look at which port of which run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The person's name.
    pub user: String,
    /// The session that it lives by.
    pub session: Digest,
    /// When that session ends by itself.
    pub session_expires_at: Timestamp,
    /// The run.
    pub run: RunId,
    /// The port in its environment.
    pub port: u16,
}

impl Preview {
    /// The same as whoever asks the dashboard about a project with that session, and is this to it.
    #[must_use]
    pub fn caller(&self, project: &str, roles: Roles) -> Caller {
        let (digest, expires_at) = (self.session.clone(), self.session_expires_at);
        Caller {
            user: self.user.clone(),
            project: project.to_owned(),
            role: roles.project,
            server_role: roles.server,
            limit: None,
            // Nothing that is asked of it here depends on these.
            has_password: false,
            proof: Proof::Session { digest, expires_at, by_link_at: None },
        }
    }
}

impl Auth {
    /// What somebody is to the server and to a project; `None` = there is no such person, or no longer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn roles(&self, person: &str, project: &str) -> Result<Option<Roles>, StoreError> {
        self.store.roles(person, project).await
    }

    /// A ticket for a preview, good once and for a minute.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn preview_ticket(&self, preview: &Preview) -> Result<Secret, StoreError> {
        self.keep_preview(preview, true, TICKET_SECONDS).await
    }

    /// Exchanges a ticket: the secret for the cookie, and what it opens. `None` when it was used, is too old, was never given out, or
    /// its session is over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn enter_preview(&self, ticket: &str) -> Result<Option<(Secret, Preview)>, StoreError> {
        let now = self.clock.now();
        let Some(preview) = self.store.use_preview_ticket(&Digest::of(ticket), now).await? else {
            return Ok(None);
        };
        let cookie = self.keep_preview(&preview, false, PREVIEW_SECONDS).await?;
        Ok(Some((cookie, preview)))
    }

    /// What a preview's cookie opens; `None` when it opens nothing, or no longer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn preview(&self, cookie: &str) -> Result<Option<Preview>, StoreError> {
        self.store.preview(&Digest::of(cookie), self.clock.now()).await
    }

    async fn keep_preview(
        &self,
        preview: &Preview,
        is_ticket: bool,
        seconds: i64,
    ) -> Result<Secret, StoreError> {
        let (secret, now) = (self.draw(""), self.clock.now());
        let expires_at = now.plus_seconds(seconds);
        self.store.add_preview(&secret.digest(), preview, is_ticket, now, expires_at).await?;
        Ok(secret)
    }
}
