//! Keys that work on every page.

use berth_texts::t;

/// A page that two keys lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The key after `g`.
    pub key: char,
    /// Its address.
    pub address: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its icon.
    pub icon: &'static str,
    /// Whether only a server has it.
    pub server: bool,
}

const fn page(
    key: char,
    address: &'static str,
    name: &'static str,
    icon: &'static str,
    server: bool,
) -> Page {
    Page { key, address, name, icon, server }
}

/// All pages that keys lead to.
pub const PAGES: [Page; 12] = [
    page('l', "/", t!("Launch"), "launch", false),
    page('r', "/runs", t!("Runs"), "runs", true),
    page('t', "/team", t!("Team"), "team", true),
    page('s', "/team/spend", t!("Spend"), "table", true),
    page('i', "/team/limits", t!("Limits"), "filter", true),
    page('p', "/people", t!("People"), "user", true),
    page('e', "/explore", t!("Explore"), "explore", false),
    page('d', "/reference", t!("Reference"), "file", false),
    page('k', "/settings/secrets", t!("Secrets"), "key", true),
    page('n', "/settings/notifications", t!("Notifications"), "bell", true),
    page('w', "/settings/webhooks", t!("Webhooks"), "out", true),
    page('a', "/account", t!("Your account"), "settings", true),
];

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// The palette.
    Palette,
    /// The list of keys.
    Keys,
    /// The page's search.
    Search,
    /// A page.
    Go(&'static str),
}

/// A key that was pressed.
#[derive(Clone, Copy, Debug)]
pub struct Pressed<'a> {
    /// Its name, as browsers have it: `k`, `?`, `Escape`.
    pub key: &'a str,
    /// With Control or Command.
    pub command: bool,
    /// With Alt.
    pub alt: bool,
    /// While somebody types into a field.
    pub typing: bool,
    /// While a terminal has the keyboard: Control and a letter are its own there.
    pub terminal: bool,
    /// Milliseconds of a clock that only grows.
    pub now: u64,
}

/// How long the second key of two may take, milliseconds.
const PATIENCE: u64 = 1500;

/// Keys one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keys {
    /// When `g` was pressed.
    going: Option<u64>,
}

impl Keys {
    /// What a key asks for. What somebody types into a field asks for nothing but the palette.
    pub fn press(&mut self, pressed: Pressed<'_>) -> Option<Command> {
        let going = self.going.take().filter(|at| pressed.now.saturating_sub(*at) <= PATIENCE);
        let Pressed { key, command, alt, typing, terminal, now } = pressed;
        if command && !alt && key.eq_ignore_ascii_case("k") {
            return (!terminal).then_some(Command::Palette);
        }
        if command || alt || typing || terminal {
            return None;
        }
        if going.is_some() {
            let page = PAGES.iter().find(|page| key.chars().eq([page.key]))?;
            return Some(Command::Go(page.address));
        }
        match key {
            "?" => Some(Command::Keys),
            "/" => Some(Command::Search),
            "g" => {
                self.going = Some(now);
                None
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: &str, now: u64) -> Pressed<'_> {
        Pressed { key, command: false, alt: false, typing: false, terminal: false, now }
    }

    #[test]
    fn two_keys_lead_to_a_page_when_they_follow_soon() {
        let mut keys = Keys::default();
        assert_eq!(keys.press(key("g", 0)), None);
        assert_eq!(keys.press(key("t", 400)), Some(Command::Go("/team")));
        assert_eq!(keys.press(key("t", 500)), None, "the second key by itself is nothing");
        keys.press(key("g", 1000));
        assert_eq!(keys.press(key("r", 3000)), None, "too late");
        keys.press(key("g", 4000));
        assert_eq!(keys.press(key("z", 4100)), None);
        assert_eq!(keys.press(key("r", 4200)), None, "another key in between ends it");
    }

    #[test]
    fn what_is_typed_into_a_field_stays_there() {
        let mut keys = Keys::default();
        for name in ["g", "t", "?", "/"] {
            assert_eq!(keys.press(Pressed { typing: true, ..key(name, 0) }), None, "{name}");
        }
        let palette = Pressed { command: true, ..key("k", 0) };
        assert_eq!(keys.press(Pressed { typing: true, ..palette }), Some(Command::Palette));
        assert_eq!(keys.press(Pressed { terminal: true, typing: true, ..palette }), None, "a shell has it");
        assert_eq!(keys.press(Pressed { alt: true, ..palette }), None);
        assert_eq!(keys.press(Pressed { command: true, ..key("g", 0) }), None);
    }

    #[test]
    fn each_page_has_a_key_and_an_address_of_its_own() {
        for (at, page) in PAGES.iter().enumerate() {
            for other in &PAGES[..at] {
                assert!(page.key != other.key && page.address != other.address, "{page:?} {other:?}");
            }
        }
    }
}
