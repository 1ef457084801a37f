//! The wire: requests, responses, stream messages, statuses. The same types on both ends.

mod audit;
pub mod code;
mod event;
mod git;
mod host;
mod ids;
mod instance;
mod limits;
mod logs;
mod offered;
mod oidc;
mod page;
mod people;
mod plan;
mod pool;
mod port;
mod problem;
mod project;
mod pull;
mod run;
mod secret;
mod session;
mod spend;
mod ssh;
mod status;
mod stream;
mod terminal;
mod token;
mod usage;
mod webhook;

pub use audit::{AuditEntry, AuditOutcome, AuditPage, AuditVia};
pub use code::{CodeAnswer, CodeArchive, GitSource, RunCode};
pub use event::{Event, EventPage, Subject};
pub use git::{GIT_LOGIN_LIMIT, GIT_USERNAME, GitLogin, SetGitLogin, is_git_host};
pub use host::{AddSshHost, SshHost, SshHostFacts, SshHostGpu, SshHostStatus, SshLogin};
pub use ids::{EventSeq, InstanceId, JobId, RunId, TerminalId};
pub use instance::{Allocation, Instance, Isolation, TRYING_AGAIN};
pub use limits::{LimitNote, Limited, Limits, LimitsOverview, NEAR, Standing, Used};
pub use logs::{LogChunk, LogHit, LogHits, LogIndex, LogLine, LogMark, LogSource};
pub use offered::{Offered, Verdict, WeighedOffer};
pub use oidc::{
    AcceptInvitation, LoginWays, OidcAccount, OidcBegun, OidcConnection, OidcProblem, OidcProvider,
};
pub use page::Page;
pub use people::{
    AddPerson, ChangePerson, Invitation, PASSWORD_CHARACTERS, Person, Role, SessionInfo, SetPassword,
};
pub use plan::{
    Difference, Gone, NOT_HONOURED, Plan, PlanNote, PlanRequest, PlannedInstance, PlannedOffer, Preview,
    Refusal, are_for_good,
};
pub use pool::{
    AddInstance, CreatePool, DEFAULT_POOL, DecideOrphan, DeletePool, KeepInstance, Orphan, Pool,
    RemoveInstance,
};
pub use port::{RunPort, RunPorts};
pub use problem::{PriceChange, Problem};
pub use project::{
    ChangeSettings, CreateProject, DEFAULT_PROJECT, Member, PROJECT_NAME_LIMIT, Project, ProjectSettings,
    SetMember, endpoint_of, flag_of, is_project_name, page_of, project_of, ssh_name_of,
};
pub use pull::{ImagePull, LayerState, PullLayer};
pub use run::{Actions, KeepRun, Run, RunDetail, StopRequest, SubmitRequest};
pub use secret::{SECRET_VALUE_LIMIT, Secret, SetSecret};
pub use session::{CatalogInfo, CatalogOrigin, LinkLogin, LoginRequest, PasswordLogin, ServerInfo, User};
pub use spend::{Spend, SpendBy, SpendDay, SpendItem};
pub use ssh::{AddSshKey, SshGateway, SshKey};
pub use status::{InstanceStatus, JobReason, JobStatus, RunReason, RunStatus};
pub use stream::{ClientMessage, SNAPSHOT_FINISHED, ServerMessage, SnapshotPieces, Topic, Usage};
pub use terminal::{TerminalClientMessage, TerminalInfo, TerminalServerMessage, TerminalSize};
pub use token::{ApiToken, NewToken, TokenRequest};
pub use usage::{GpuUsage, NetworkUsage, UsageHistory, UsageSample, UsageSpan};
pub use webhook::{AddWebhook, AddedWebhook, Delivery, Notification, NotificationKind, Webhook};
