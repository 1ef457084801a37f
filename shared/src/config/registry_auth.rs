//! Credentials for a private registry.

use super::{
    context::{At, Cx},
    scalars,
};
use crate::{config::RegistryAuth, diagnostics::Code};

/// User name and password.
pub(super) fn registry_auth(cx: &mut Cx<'_>, at: At<'_>) -> Option<RegistryAuth> {
    let fields = cx.object(at, "registry_auth")?;
    let username = fields.required(cx, at.path, "username", scalars::text);
    let password = fields.required(cx, at.path, "password", |cx, at| {
        let password = scalars::text(cx, at)?;
        if !password.is_empty() && !password.contains("${{") {
            let fixable = cx.is_bare(at);
            let draft = cx.report(Code::PlainSecret, at, "the password is in plain text");
            draft.help("keep it out of the file: `${{ secrets.registry_password }}`");
            if fixable {
                draft.offer("take it from a secret", at.range, "\"${{ secrets.registry_password }}\"");
            }
        }
        Some(password)
    });
    Some(RegistryAuth { username: username?, password: password? })
}
