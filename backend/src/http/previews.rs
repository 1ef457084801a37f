//! What comes to the hosts of previews, in front of everything else: none of the dashboard is there, and no preview elsewhere.

use axum::{
    Extension,
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::Response,
};

use super::{App, visitor::Visitor};
use crate::access::ports::{self, Door};

impl App {
    /// What previews need.
    fn door(&self) -> Door<'_> {
        Door {
            control: &self.control,
            auth: &self.auth,
            clock: &*self.clock,
            hub: &self.hub,
            sockets: &self.sockets,
            stopping: &self.stopping,
            addresses: &self.previews,
        }
    }
}

/// Parts the hosts of previews from those of the dashboard.
pub(super) async fn part(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
    next: Next,
) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    match host.and_then(|host| app.previews.read(host)) {
        Some(place) => ports::serve(&app.door(), place, visitor.address, request).await,
        None => next.run(request).await,
    }
}
