//! Single sign-on, with a provider that is one: `oidc-provider`, certified by the OpenID Foundation, run by node.

mod browser;
mod connections;
mod doors;
mod forgeries;
mod provider;
