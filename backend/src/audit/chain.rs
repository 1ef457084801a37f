//! The chain of hashes: whoever changes an entry has to change all that follow, and whoever kept one of these hashes sees it.
//!
//! What is hashed is written down in `docs/audit.md`, so that others can do it, too.

use berth_shared::{
    api::{AuditEntry, AuditOutcome, AuditVia},
    time::Timestamp,
};
use sha2::{Digest as _, Sha256};
use sqlx::FromRow;

use crate::store::StoreError;

/// What stands before the first entry.
pub(crate) const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What is hashed with every entry: should it ever be made otherwise, this says which.
const FORM: &str = "berth-audit-1";

/// What stands for a field that is absent; no text has this length.
const ABSENT: u32 = u32::MAX;

/// An entry as it is kept. Its words are texts, so that one of a later version can be verified, too.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub(crate) struct Row {
    pub(crate) seq: i64,
    pub(crate) at: i64,
    pub(crate) actor: Option<String>,
    pub(crate) via: String,
    pub(crate) address: Option<String>,
    pub(crate) action: String,
    pub(crate) target: Option<String>,
    pub(crate) outcome: String,
    pub(crate) detail: Option<String>,
    pub(crate) hash: String,
}

impl Row {
    /// What its hash has to be, after this one.
    pub(crate) fn hash_after(&self, before: &str) -> String {
        let (seq, at) = (self.seq.to_string(), self.at.to_string());
        let fields = [
            Some(before),
            Some(FORM),
            Some(&seq),
            Some(&at),
            self.actor.as_deref(),
            Some(&self.via),
            self.address.as_deref(),
            Some(&self.action),
            self.target.as_deref(),
            Some(&self.outcome),
            self.detail.as_deref(),
        ];
        let mut hasher = Sha256::new();
        for field in fields {
            match field {
                Some(text) => {
                    // Fields are far shorter than 4 GiB, so that lengths tell them apart.
                    hasher.update(u32::try_from(text.len()).unwrap_or(ABSENT - 1).to_be_bytes());
                    hasher.update(text.as_bytes());
                }
                None => hasher.update(ABSENT.to_be_bytes()),
            }
        }
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// As it is told.
    ///
    /// # Errors
    /// When it has a word that this version does not know.
    pub(crate) fn entry(self) -> Result<AuditEntry, StoreError> {
        let unknown = |what: &str, word: &str| StoreError::Corrupt {
            what: "entry of the audit log",
            cause: format!("number {} has the {what} `{}`", self.seq, word.escape_debug()),
        };
        let via = AuditVia::ALL.into_iter().find(|via| via.as_str() == self.via);
        let outcome = AuditOutcome::ALL.into_iter().find(|outcome| outcome.as_str() == self.outcome);
        Ok(AuditEntry {
            via: via.ok_or_else(|| unknown("proof", &self.via))?,
            outcome: outcome.ok_or_else(|| unknown("outcome", &self.outcome))?,
            seq: self.seq.unsigned_abs(),
            at: Timestamp(self.at),
            actor: self.actor,
            address: self.address,
            action: self.action,
            target: self.target,
            detail: self.detail,
            hash: self.hash,
        })
    }
}

/// The end of a chain: what is worth keeping elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The number of the last entry; 0 = there is none.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

impl Default for End {
    fn default() -> Self {
        Self { seq: 0, hash: BEGINNING.to_owned() }
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl std::str::FromStr for End {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            "expected a number, a colon and 64 hexadecimal digits, as `berth audit verify` prints them"
                .to_owned()
        };
        let (seq, hash) = text.split_once(':').ok_or_else(wrong)?;
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let seq = seq.parse().ok().filter(|_| is_hash).ok_or_else(wrong)?;
        Ok(Self { seq, hash: hash.to_ascii_lowercase() })
    }
}

/// The first thing that is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// There is a gap.
    #[error("entry {missing} is missing: entry {found} comes in its place")]
    Missing {
        /// The number that should have come.
        missing: u64,
        /// The one that came.
        found: i64,
    },
    /// A hash is another one.
    #[error(
        "entry {seq} does not fit what stands before it: it was changed, or put in another's place, or an entry before it was \
         taken away or changed with its hash"
    )]
    Changed {
        /// Its number.
        seq: u64,
    },
    /// It ends before the entry that there was.
    #[error("the log ends at entry {end}, and there was an entry {expected}: its end was cut off")]
    CutOff {
        /// The last there is.
        end: u64,
        /// The one that there was.
        expected: u64,
    },
    /// The entry that there was is another one.
    #[error(
        "entry {seq} has another hash than it had: it, or something before it, was changed, and all hashes from there on were made anew"
    )]
    Another {
        /// Its number.
        seq: u64,
    },
}

/// Follows a chain from its beginning.
#[derive(Clone, Debug, Default)]
pub(crate) struct Follow {
    end: End,
    /// What was its end once.
    expected: Option<End>,
}

impl Follow {
    pub(crate) fn expecting(expected: Option<End>) -> Self {
        Self { end: End::default(), expected }
    }

    /// How far it is.
    pub(crate) fn end(&self) -> &End {
        &self.end
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// When it does not fit.
    pub(crate) fn take(&mut self, row: &Row) -> Result<(), Broken> {
        let seq = self.end.seq + 1;
        if u64::try_from(row.seq) != Ok(seq) {
            return Err(Broken::Missing { missing: seq, found: row.seq });
        }
        if row.hash_after(&self.end.hash) != row.hash {
            return Err(Broken::Changed { seq });
        }
        if self.expected.as_ref().is_some_and(|expected| expected.seq == seq && expected.hash != row.hash) {
            return Err(Broken::Another { seq });
        }
        self.end = End { seq, hash: row.hash.clone() };
        Ok(())
    }

    /// There are no more.
    ///
    /// # Errors
    /// When there were more.
    pub(crate) fn finish(self) -> Result<End, Broken> {
        match self.expected {
            Some(End { seq, .. }) if seq > self.end.seq => {
                Err(Broken::CutOff { end: self.end.seq, expected: seq })
            }
            _ => Ok(self.end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(seq: i64, target: Option<&str>) -> Row {
        Row {
            seq,
            at: 1_790_000_000_000,
            actor: Some("ann".to_owned()),
            via: "session".to_owned(),
            address: Some("192.0.2.7".to_owned()),
            action: "run.stop".to_owned(),
            target: target.map(str::to_owned),
            outcome: "done".to_owned(),
            detail: None,
            hash: String::new(),
        }
    }

    fn chain(targets: &[&str]) -> Vec<Row> {
        let mut before = BEGINNING.to_owned();
        let rows = (1..).zip(targets).map(|(seq, target)| {
            let row = row(seq, Some(target));
            before = row.hash_after(&before);
            Row { hash: before.clone(), ..row }
        });
        rows.collect()
    }

    fn follow(rows: &[Row], expected: Option<End>) -> Result<End, Broken> {
        let mut follow = Follow::expecting(expected);
        rows.iter().try_for_each(|row| follow.take(row))?;
        follow.finish()
    }

    #[test]
    fn what_is_hashed_is_what_the_page_says() {
        // Made by the program in docs/audit.md.
        assert_eq!(
            row(1, Some("calm-otter-1")).hash_after(BEGINNING),
            "80a9106d2c8a443a3777123cfe5aab8aa46e8bb6431ccd24d8d3388a14f17db2"
        );
    }

    #[test]
    fn fields_cannot_be_moved_into_each_other() {
        let one = Row { actor: Some("a".to_owned()), address: Some("bc".to_owned()), ..row(1, None) };
        let other = Row { actor: Some("ab".to_owned()), address: Some("c".to_owned()), ..row(1, None) };
        assert_ne!(one.hash_after(BEGINNING), other.hash_after(BEGINNING));
        let absent = Row { target: None, detail: Some(String::new()), ..row(1, None) };
        let empty = Row { target: Some(String::new()), detail: None, ..row(1, None) };
        assert_ne!(absent.hash_after(BEGINNING), empty.hash_after(BEGINNING));
    }

    #[test]
    fn a_chain_that_nobody_touched_fits() {
        let rows = chain(&["a", "b", "c"]);
        let end = End { seq: 3, hash: rows[2].hash.clone() };
        assert_eq!(follow(&rows, None), Ok(end.clone()));
        assert_eq!(follow(&rows, Some(end)), Ok(End { seq: 3, hash: rows[2].hash.clone() }));
        assert_eq!(follow(&[], None), Ok(End::default()));
    }

    #[test]
    fn whatever_is_done_to_it_is_found_where_it_was_done() {
        let kept = chain(&["a", "b", "c", "d"]);
        let mut changed = kept.clone();
        changed[1].target = Some("x".to_owned());
        assert_eq!(follow(&changed, None), Err(Broken::Changed { seq: 2 }));
        changed[1].hash = changed[1].hash_after(&changed[0].hash);
        assert_eq!(follow(&changed, None), Err(Broken::Changed { seq: 3 }), "its hash, too");
        let mut gone = kept.clone();
        gone.remove(1);
        assert_eq!(follow(&gone, None), Err(Broken::Missing { missing: 2, found: 3 }));
        for (at, row) in (1..).zip(&mut gone) {
            row.seq = at;
        }
        assert_eq!(follow(&gone, None), Err(Broken::Changed { seq: 2 }), "and numbered anew");
        let mut moved = kept.clone();
        moved.swap(1, 2);
        (moved[1].seq, moved[2].seq) = (2, 3);
        assert_eq!(follow(&moved, None), Err(Broken::Changed { seq: 2 }));
        let end = End { seq: 4, hash: kept[3].hash.clone() };
        assert_eq!(follow(&kept[..3], None).map(|end| end.seq), Ok(3), "by itself it says nothing");
        assert_eq!(follow(&kept[..3], Some(end.clone())), Err(Broken::CutOff { end: 3, expected: 4 }));
        assert_eq!(follow(&chain(&["a", "x", "c", "d"]), Some(end)), Err(Broken::Another { seq: 4 }));
    }

    #[test]
    fn an_end_is_read_as_it_is_printed() {
        let end = End { seq: 7, hash: "0a".repeat(32) };
        assert_eq!(end.to_string().parse(), Ok(end));
        for wrong in ["", "7", "7:", "7:0a", ":00", "x:y", &format!("-1:{}", "0a".repeat(32))] {
            assert!(wrong.parse::<End>().is_err(), "{wrong}");
        }
    }
}
