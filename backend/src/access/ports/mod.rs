//! Previews of ports: what a program in an environment serves, at an address of its own, for whoever may work in the run.
//!
//! The dashboard gives a ticket ([`ticket`]); the preview's own host takes it and sets a cookie of its own ([`serve`]). Everything else that
//! comes to that host is passed on to the port.

mod address;
mod headers;
mod page;
mod proxy;

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use berth_shared::{
    api::{Role, Run, RunId, RunStatus},
    policy::{Action, Roles},
};
use tokio::{
    sync::{
        Notify,
        broadcast::{self, error::RecvError},
        watch,
    },
    time::timeout,
};

pub use address::{Addresses, Place, PreviewDomain};
pub(crate) use headers::opens_page_with_cookies;

use super::presence::{self, Watched};
use crate::{
    auth::{Auth, PREVIEW_SECONDS, Preview, Secret},
    clock::Clock,
    control::{Control, Refused, RefusedKind},
    live::{Hub, Life, Sockets},
    provider::{ByteStream, Environment},
};
use page::Notice;
use proxy::{Over, Unanswered};

/// Where a preview's host takes its ticket. No program sees what comes to paths that begin so.
const ENTER: &str = "/.berth/enter";

/// Comes after the ticket; all that follows is where it leads, as it is.
const TO: &str = "&to=";

/// How many cookies of our name are tried. A program may have put others beside it.
const COOKIES_TRIED: usize = 8;

/// How long a port may take to answer that somebody listens, when that is all that is asked.
const PROBE: Duration = Duration::from_secs(2);

/// What previews need of the rest of the server.
pub(crate) struct Door<'a> {
    pub(crate) control: &'a Arc<dyn Control>,
    pub(crate) auth: &'a Auth,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) hub: &'a Hub,
    pub(crate) sockets: &'a Sockets,
    pub(crate) stopping: &'a watch::Receiver<bool>,
    pub(crate) addresses: &'a Addresses,
}

/// Whether somebody may look at ports of this run.
///
/// # Errors
/// Why not, for people.
pub(crate) fn may_look(person: &str, role: Role, run: &Run) -> Result<(), String> {
    super::may_work_in(person, role, run)
}

/// Whether something in the environment listens on a port.
pub(crate) async fn listens(environment: &dyn Environment, port: u16) -> bool {
    matches!(timeout(PROBE, environment.dial(port)).await, Ok(Ok(_)))
}

/// Where a browser goes with a ticket, and from there to a [`target`], if any.
pub(crate) fn entrance(preview: &str, ticket: &Secret, to: Option<&str>) -> String {
    let to = to.and_then(target).map_or_else(String::new, |to| format!("{TO}{to}"));
    format!("{preview}{ENTER}?ticket={}{to}", ticket.reveal())
}

/// A path, with a query if any, that leads nowhere but to the preview's own host; `None` for anything else.
fn target(to: &str) -> Option<&str> {
    // Browsers take `//host` for another host, and a backslash for `/`.
    let stays = to.starts_with('/') && !to.starts_with("//");
    let is_plain = to.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\#".contains(&byte));
    (stays && is_plain).then_some(to)
}

/// Answers what came to the host of a preview; `None` is a host below the previews' domain that names none.
pub(crate) async fn serve(door: &Door<'_>, place: Option<Place>, from: IpAddr, request: Request) -> Response {
    let asked = request.headers().clone();
    let answer = match place {
        Some(place) => door.answer(&place, from, request).await,
        None => Err(Notice::new(
            StatusCode::NOT_FOUND,
            "There is no preview at this address",
            "The address of a preview begins with a port and the name of a run: `8888--sly-fox-1`.",
        )),
    };
    answer.unwrap_or_else(|notice| notice.render(&asked))
}

impl Door<'_> {
    async fn answer(&self, place: &Place, from: IpAddr, request: Request) -> Result<Response, Notice> {
        let (mut head, body) = request.into_parts();
        let is_own = |origin: &str| self.is_of(origin, place);
        if headers::is_from_elsewhere(&head.method, &head.headers, is_own) {
            return Err(Notice::new(
                StatusCode::FORBIDDEN,
                "Not from another page",
                "A page at another address asked for this. Pages may link to a preview, and not use what is in it.",
            ));
        }
        if head.uri.path().starts_with("/.berth/") {
            return self.enter(place, &head).await;
        }
        let preview = self.admitted(place, &head.headers).await?;
        // Listened for before it is asked: an end in between is not missed.
        let gone = self.hub.gone_runs();
        let (run, roles) = self.run(place, &preview).await?;
        let (environment, port) = (self.environment(&run, place).await?, place.port);
        let stream = proxy::dial(&*environment, port).await;
        let stream = stream.map_err(|why| self.unanswered(place, why))?;
        let traffic = Arc::<Notify>::default();
        let there =
            presence::follow(Arc::clone(self.control).of(&place.project), run.id, Arc::clone(&traffic));
        let stream: ByteStream = Box::pin(Watched::new(stream, traffic));
        let caller = preview.caller(&place.project, roles);
        let life = Life::new(&caller, self.auth, self.clock, self.stopping.clone());
        let barred = self.auth.may_no_longer(&caller, Action::Work, run.owner.clone());
        let over: Over = Box::pin(async move {
            tokio::select! {
                _ = life.over() => {}
                () = gone_from(gone, run.id) => {}
                () = barred => {}
                never = there => match never {},
            }
        });
        headers::to_program(&mut head.headers, from, self.addresses.is_https());
        let passed = proxy::pass(stream, Request::from_parts(head, body), over, self.sockets.enter()).await;
        let mut response = passed.map_err(|why| self.unanswered(place, why))?;
        let is_upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        headers::to_browser(response.headers_mut(), is_upgraded);
        Ok(response)
    }

    /// Exchanges a ticket for the preview's own cookie.
    async fn enter(&self, place: &Place, head: &Parts) -> Result<Response, Notice> {
        if head.uri.path() != ENTER || head.method != Method::GET {
            return Err(Notice::new(
                StatusCode::NOT_FOUND,
                "Nothing is here",
                "Paths that begin with `/.berth/` are Berth’s own.",
            ));
        }
        let query = head.uri.query().unwrap_or_default();
        let (query, to) = query.split_once(TO).unwrap_or((query, "/"));
        let ticket = query.split('&').find_map(|pair| pair.strip_prefix("ticket="));
        let entered = match ticket {
            Some(ticket) => self.auth.enter_preview(ticket).await.map_err(|error| unavailable(&error))?,
            None => None,
        };
        let cookie = match entered {
            Some((cookie, preview)) if preview.port == place.port => {
                self.run(place, &preview).await?;
                Some(cookie)
            }
            _ => None,
        };
        // Somebody who went back to a link that was used is in already.
        if cookie.is_none() && self.admitted(place, &head.headers).await.is_err() {
            return Err(Notice::new(
                StatusCode::FORBIDDEN,
                "This link was used already",
                "A link to a preview lets in once, and for a minute. Open the preview from the page of its run again.",
            )
            .leading(self.addresses.page_of(place), "See the run"));
        }
        let mut response =
            (StatusCode::SEE_OTHER, [(header::LOCATION, target(to).unwrap_or("/"))]).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        if let Some(cookie) = cookie {
            headers.insert(header::SET_COOKIE, set_cookie(&cookie, self.addresses.is_https()));
        }
        Ok(response)
    }

    /// What the request's cookie opens.
    async fn admitted(&self, place: &Place, asked: &HeaderMap) -> Result<Preview, Notice> {
        let name = headers::cookie_name(self.addresses.is_https());
        for cookie in headers::cookies(asked, name).take(COOKIES_TRIED) {
            let preview = self.auth.preview(cookie).await.map_err(|error| unavailable(&error))?;
            if let Some(preview) = preview.filter(|preview| preview.port == place.port) {
                return Ok(preview);
            }
        }
        Err(self.stranger(place))
    }

    fn stranger(&self, place: &Place) -> Notice {
        Notice::new(
            StatusCode::UNAUTHORIZED,
            "Open this preview from its run",
            format!(
                "This is where port {} of `{}` is shown, for whoever is signed in. The page of the run leads here.",
                place.port, place.run
            ),
        )
        .leading(self.addresses.page_of(place), "See the run")
    }

    /// The run that this host is of, for somebody who may look at it. Another one that had the name is not it.
    async fn run(&self, place: &Place, preview: &Preview) -> Result<(Run, Roles), Notice> {
        let run = match Arc::clone(self.control).of(&place.project).run(&place.run).await {
            Ok(detail) => detail.run,
            Err(refused) if refused.kind == RefusedKind::NotFound => return Err(self.stranger(place)),
            Err(refused) => return Err(refused_notice(&refused)),
        };
        if run.id != preview.run {
            return Err(self.stranger(place));
        }
        let roles =
            self.auth.roles(&preview.user, &place.project).await.map_err(|error| unavailable(&error))?;
        let Some(roles) = roles else { return Err(self.stranger(place)) };
        match may_look(&preview.user, roles.project, &run) {
            Ok(()) => Ok((run, roles)),
            Err(why) => {
                Err(Notice::new(StatusCode::FORBIDDEN, "You may not look at this", format!("{why}."))
                    .leading(self.addresses.page_of(place), "See the run"))
            }
        }
    }

    async fn environment(&self, run: &Run, place: &Place) -> Result<Arc<dyn Environment>, Notice> {
        let Place { run: name, port, .. } = place;
        let page = self.addresses.page_of(place);
        if !run.ports.iter().any(|(_, listed)| *listed == u32::from(*port)) {
            return Err(Notice::new(
                StatusCode::NOT_FOUND,
                format!("Port {port} is not among the ports of {name}"),
                "A configuration names the ports that are shown, under `ports`.",
            )
            .leading(page, "See the run"));
        }
        let not_running = |title: String, text: &str| {
            Notice::new(StatusCode::SERVICE_UNAVAILABLE, title, text).leading(page.clone(), "See the run")
        };
        match run.status {
            RunStatus::Running => {}
            RunStatus::Submitted | RunStatus::Pending | RunStatus::Provisioning => {
                let text = "This page is loaded again by itself until it does.";
                return Err(not_running(format!("{name} does not run yet"), text).again());
            }
            RunStatus::Terminating => {
                let text = "What ran in it is ending, and its ports with it.";
                return Err(not_running(format!("{name} is being stopped"), text));
            }
            RunStatus::Terminated | RunStatus::Failed | RunStatus::Done => {
                let text = "What ran in it has ended, and its ports with it.";
                return Err(not_running(format!("{name} is over"), text));
            }
        }
        Arc::clone(self.control)
            .of(&run.project)
            .environment(run.id)
            .await
            .map_err(|refused| refused_notice(&refused))
    }

    fn unanswered(&self, place: &Place, why: Unanswered) -> Notice {
        let Place { run, port, .. } = place;
        let notice = |status, title: String, text: String| {
            Notice::new(status, title, text).leading(self.addresses.page_of(place), "See the run")
        };
        match why {
            Unanswered::Nobody => notice(
                StatusCode::BAD_GATEWAY,
                format!("Nothing listens on port {port} of {run} yet"),
                "This page is loaded again by itself until something does.".to_owned(),
            )
            .again(),
            Unanswered::Unreachable(why) => notice(
                StatusCode::BAD_GATEWAY,
                format!("{run} cannot be reached"),
                format!("{why}. This page is loaded again by itself."),
            )
            .again(),
            Unanswered::Garbled(cause) => {
                tracing::info!(run, port, cause, "no answer that could be passed on");
                notice(
                    StatusCode::BAD_GATEWAY,
                    format!("Port {port} of {run} gave no answer"),
                    "Something listens there, and either does not speak HTTP, or broke off. A preview shows what speaks HTTP \
                     without TLS."
                        .to_owned(),
                )
            }
            Unanswered::Over => self.stranger(place),
        }
    }

    /// Whether an origin is that of a preview of this run. Where previews are reached encrypted, what came another way may be anybody's.
    fn is_of(&self, origin: &str, of: &Place) -> bool {
        let plain = || origin.strip_prefix("http://").filter(|_| !self.addresses.is_https());
        let host = origin.strip_prefix("https://").or_else(plain);
        let place = host.and_then(|host| self.addresses.read(host)).flatten();
        place.is_some_and(|place| (&place.project, &place.run) == (&of.project, &of.run))
    }
}

/// Resolves when this run has ceased to run.
async fn gone_from(mut gone: broadcast::Receiver<RunId>, run: RunId) {
    loop {
        match gone.recv().await {
            Ok(id) if id != run => {}
            // Who missed some cannot know; the browser asks anew.
            Ok(_) | Err(RecvError::Lagged(_)) => return,
            // Nobody follows what happens any more: the server stops, and says so itself.
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}

fn set_cookie(secret: &Secret, is_https: bool) -> HeaderValue {
    let (name, secure) = (headers::cookie_name(is_https), if is_https { "; Secure" } else { "" });
    let text = format!(
        "{name}={}; Path=/; Max-Age={PREVIEW_SECONDS}; HttpOnly; SameSite=Lax{secure}",
        secret.reveal()
    );
    let mut value = HeaderValue::try_from(text).expect("a cookie of ours is plain ASCII");
    value.set_sensitive(true);
    value
}

fn unavailable(error: &crate::store::StoreError) -> Notice {
    tracing::error!(error = crate::http::chain(error), "cannot look a preview up");
    away()
}

fn refused_notice(refused: &Refused) -> Notice {
    if refused.kind == RefusedKind::Internal {
        tracing::error!(error = crate::http::chain(refused), "no preview");
        return away();
    }
    Notice::new(StatusCode::SERVICE_UNAVAILABLE, "Not now", format!("{}.", refused.message)).again()
}

fn away() -> Notice {
    Notice::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "The server cannot look this up just now",
        "This page is loaded again by itself.",
    )
    .again()
}
