//! Everything that a page begins with, made once for all pages that begin at about the same time, and cut into pieces.

use axum::extract::ws::Utf8Bytes;
use berth_shared::api::{EventSeq, Instance, Run, ServerMessage};
use tokio::task::consume_budget;

use super::{hub::json, ring::CAPACITY};
use crate::store::Snapshot;

/// About how long a piece is, in bytes: what a connection's buffer grows to, for good.
const PIECE: usize = 4096;

/// A snapshot, ready to send.
#[derive(Debug)]
pub(super) struct Everything {
    /// The last event it contains.
    pub(super) seq: EventSeq,
    /// How many runs and instances it has.
    rows: usize,
    /// Never empty.
    pub(super) pieces: Vec<Utf8Bytes>,
}

impl Everything {
    /// Lets others work in between: there may be tens of thousands of rows.
    pub(super) async fn new(snapshot: Snapshot) -> Self {
        let Snapshot { seq, runs, instances, .. } = snapshot;
        let rows = runs.len() + instances.len();
        let mut pieces = Vec::new();
        let mut next = Piece::default();
        for run in runs {
            next.add(|piece| &mut piece.runs, run, seq, &mut pieces);
            consume_budget().await;
        }
        for instance in instances {
            next.add(|piece| &mut piece.instances, instance, seq, &mut pieces);
            consume_budget().await;
        }
        pieces.push(next.message(seq, false));
        Self { seq, rows, pieces }
    }

    /// Whether it serves a page that begins when the newest event has this number: what has happened since is little beside
    /// all there is, and is still known.
    pub(super) fn serves(&self, newest: EventSeq) -> bool {
        let since = usize::try_from(newest.saturating_sub(self.seq)).unwrap_or(usize::MAX);
        since <= (self.rows / 4).min(CAPACITY / 2)
    }
}

#[derive(Default)]
struct Piece {
    runs: Vec<Run>,
    instances: Vec<Instance>,
    bytes: usize,
}

impl Piece {
    /// Adds a row; writes what was there before when it would become too long.
    fn add<T: serde::Serialize>(
        &mut self,
        list: impl Fn(&mut Self) -> &mut Vec<T>,
        row: T,
        seq: EventSeq,
        pieces: &mut Vec<Utf8Bytes>,
    ) {
        let bytes = serde_json::to_vec(&row).map_or(0, |row| row.len());
        if self.bytes > 0 && self.bytes + bytes > PIECE {
            pieces.push(std::mem::take(self).message(seq, true));
        }
        self.bytes += bytes;
        list(self).push(row);
    }

    fn message(self, seq: EventSeq, more: bool) -> Utf8Bytes {
        json(&ServerMessage::Snapshot { seq, runs: self.runs, instances: self.instances, more })
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::{api::SnapshotPieces, time::Timestamp};

    use super::*;
    use crate::store::contract::sample;

    fn snapshot(runs: u32, instances: u32) -> Snapshot {
        Snapshot {
            seq: 100,
            runs: (1..=runs).map(|n| sample::run(n, &format!("fox-{n}")).run).collect(),
            instances: (1..=instances).map(|n| sample::instance(n, "cloud").instance).collect(),
            at: Timestamp(0),
        }
    }

    async fn joined(snapshot: Snapshot) -> (usize, Option<ServerMessage>) {
        let everything = Everything::new(snapshot).await;
        let mut pieces = SnapshotPieces::default();
        let mut whole = None;
        for piece in &everything.pieces {
            assert!(whole.is_none(), "nothing follows the last piece");
            assert!(piece.len() < 2 * PIECE, "a piece is short: {}", piece.len());
            whole = pieces.join(serde_json::from_str(piece).expect("a message"));
        }
        (everything.pieces.len(), whole)
    }

    #[tokio::test]
    async fn what_is_little_is_one_piece_and_what_is_nothing_too() {
        for (runs, instances) in [(0, 0), (1, 0), (1, 1)] {
            assert_eq!(joined(snapshot(runs, instances)).await.0, 1);
        }
    }

    #[tokio::test]
    async fn the_pieces_joined_are_all_there_is_in_order() {
        let Snapshot { seq, runs, instances, .. } = snapshot(300, 200);
        let (pieces, whole) = joined(snapshot(300, 200)).await;
        assert!(pieces > 20, "{pieces}");
        assert_eq!(whole, Some(ServerMessage::Snapshot { seq, runs, instances, more: false }));
    }

    #[tokio::test]
    async fn it_serves_while_what_has_happened_since_is_little_beside_it() {
        let small = Everything::new(snapshot(4, 4)).await;
        assert_eq!([100, 102, 103, 5000].map(|newest| small.serves(newest)), [true, true, false, false]);
        // Read after the newest event that the ring knows.
        assert!(small.serves(90));
        let empty = Everything::new(snapshot(0, 0)).await;
        assert_eq!([100, 101].map(|newest| empty.serves(newest)), [true, false]);
    }
}
