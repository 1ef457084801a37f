//! Values of variables that the submitter gave: tokens, as a rule. They are sealed before they are written down, and opened when an
//! environment is begun.

use std::collections::BTreeMap;

use berth_shared::api::RunId;
use rand::Rng as _;

use super::{core::Core, machine::Failure};
use crate::sealed::{MARK, uses};

/// Values by the names of their variables.
type Values = BTreeMap<String, String>;

/// The values as they are written down.
pub(super) fn sealed(core: &Core, run: RunId, values: &Values) -> Values {
    let seal = |(name, value): (&String, &String)| {
        let nonce = core.random(|random| {
            let mut nonce = [0; 12];
            random.fill_bytes(&mut nonce);
            nonce
        });
        (name.clone(), core.secrets.sealer().seal(value, &uses::variable(run, name), nonce))
    };
    values.iter().map(seal).collect()
}

/// The values again. One that was written down before they were sealed is as it is.
///
/// # Errors
/// When the server has another key than they were sealed by.
pub(super) fn opened(core: &Core, run: RunId, sealed: &Values) -> Result<Values, Failure> {
    let open = |(name, value): (&String, &String)| {
        let opened = if value.starts_with(MARK) {
            core.secrets.sealer().open(value, &uses::variable(run, name)).map_err(|error| {
                Failure::Permanent(format!(
                    "the value of the variable `{name}` cannot be read: {error}; launch it again, or start the server with the sealing \
                     key that it had"
                ))
            })?
        } else {
            value.clone()
        };
        Ok((name.clone(), opened))
    };
    sealed.iter().map(open).collect()
}
