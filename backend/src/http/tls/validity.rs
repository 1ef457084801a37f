//! From when to when a certificate is good, by its own word (RFC 5280, section 4.1).

use berth_shared::time::Timestamp;

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The version, which may be left out.
const VERSION: u8 = 0xa0;

/// Both ends as `YYYYMMDDHHMMSS`, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    from: String,
    to: String,
}

impl Validity {
    /// Of a certificate in DER; `None` when that is none.
    pub(super) fn of(certificate: &[u8]) -> Option<Self> {
        let (certificate, _) = take(certificate, SEQUENCE)?;
        let (mut inside, _) = take(certificate, SEQUENCE)?;
        if let Some((_, rest)) = take(inside, VERSION) {
            inside = rest;
        }
        let (_, rest) = take(inside, INTEGER)?;
        let (_algorithm, rest) = take(rest, SEQUENCE)?;
        let (_issuer, rest) = take(rest, SEQUENCE)?;
        let (validity, _) = take(rest, SEQUENCE)?;
        let (from, rest) = moment(validity)?;
        let (to, _) = moment(rest)?;
        Some(Self { from, to })
    }

    /// What is wrong with it at `now`, in words.
    pub(super) fn wrong_at(&self, now: Timestamp) -> Option<String> {
        let now: String = now.rfc3339().chars().filter(char::is_ascii_digit).take(14).collect();
        let day = |moment: &str| format!("{}-{}-{}", &moment[..4], &moment[4..6], &moment[6..8]);
        if now > self.to {
            return Some(format!("the certificate expired on {}", day(&self.to)));
        }
        (now < self.from).then(|| format!("the certificate is not valid before {}", day(&self.from)))
    }
}

/// What is inside of an element of this kind at the beginning, and what comes after it.
fn take(bytes: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    if found != kind {
        return None;
    }
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

fn moment(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (text, rest, digits) = match bytes.first()? {
        &UTC_TIME => take(bytes, UTC_TIME).map(|(text, rest)| (text, rest, 12))?,
        _ => take(bytes, GENERALIZED_TIME).map(|(text, rest)| (text, rest, 14))?,
    };
    let text = text.strip_suffix(b"Z").filter(|text| text.len() == digits)?;
    let text =
        std::str::from_utf8(text).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    // Two digits of a year are those from 1950 to 2049.
    let century = match digits {
        14 => "",
        _ if text < "50" => "20",
        _ => "19",
    };
    Some((format!("{century}{text}"), rest))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn certificate(from: i32, to: i32) -> Vec<u8> {
        let mut params = CertificateParams::new(["berth.example".to_owned()]).expect("a name");
        (params.not_before, params.not_after) = (date_time_ymd(from, 2, 3), date_time_ymd(to, 4, 5));
        let key = KeyPair::generate().expect("a key");
        params.self_signed(&key).expect("a certificate").der().to_vec()
    }

    #[test]
    fn a_certificate_is_read_for_its_dates() {
        for (from, to) in [(2020, 2049), (1999, 2050), (2024, 9999)] {
            let wanted = Validity { from: format!("{from}0203000000"), to: format!("{to}0405000000") };
            assert_eq!(Validity::of(&certificate(from, to)), Some(wanted));
        }
    }

    #[test]
    fn before_and_after_its_time_it_is_said() {
        let validity = Validity::of(&certificate(2026, 2027)).expect("dates");
        // 2026-09-21
        assert_eq!(validity.wrong_at(Timestamp(1_790_000_000_000)), None);
        insta::assert_snapshot!(validity.wrong_at(Timestamp(0)).expect("words"), @"the certificate is not valid before 2026-02-03");
        let late = validity.wrong_at(Timestamp(1_890_000_000_000)).expect("words");
        insta::assert_snapshot!(late, @"the certificate expired on 2027-04-05");
    }

    #[test]
    fn what_is_cut_off_or_none_has_no_dates() {
        let whole = certificate(2026, 2027);
        let end = whole.len();
        for length in 0..end.min(200) {
            assert_eq!(Validity::of(&whole[..length]), None, "{length}");
        }
        for junk in [&b""[..], b"\x30\x84\xff\xff\xff\xff", b"\x30\x80", b"-----BEGIN", &[0x30; 64]] {
            assert_eq!(Validity::of(junk), None);
        }
    }
}
