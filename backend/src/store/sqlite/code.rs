//! The tables `code` and `code_pieces`.

use async_trait::async_trait;
use berth_shared::time::Timestamp;
use uuid::Uuid;

use super::{Sqlite, StoreError};
use crate::store::code::CodeStore;

#[async_trait]
impl CodeStore for Sqlite {
    async fn begin(&self, upload: Uuid, owner: &str, sha256: &str, now: Timestamp) -> Result<(), StoreError> {
        let insert = sqlx::query("INSERT INTO code (upload, owner, sha256, used_at) VALUES (?, ?, ?, ?)")
            .bind(upload.to_string())
            .bind(owner)
            .bind(sha256)
            .bind(now.0);
        insert.execute(&self.writer).await?;
        Ok(())
    }

    async fn append(&self, upload: Uuid, number: u32, bytes: &[u8]) -> Result<(), StoreError> {
        let insert = sqlx::query("INSERT INTO code_pieces (upload, number, bytes) VALUES (?, ?, ?)")
            .bind(upload.to_string())
            .bind(number)
            .bind(bytes);
        insert.execute(&self.writer).await?;
        Ok(())
    }

    async fn complete(&self, upload: Uuid, size: u64, now: Timestamp) -> Result<(), StoreError> {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        let written = sqlx::query("UPDATE OR IGNORE code SET size = ?, used_at = ? WHERE upload = ?")
            .bind(size)
            .bind(now.0)
            .bind(upload.to_string())
            .execute(&self.writer)
            .await?;
        if written.rows_affected() == 0 {
            self.abandon(upload).await?;
        }
        Ok(())
    }

    async fn abandon(&self, upload: Uuid) -> Result<(), StoreError> {
        let delete =
            sqlx::query("DELETE FROM code WHERE upload = ? AND size IS NULL").bind(upload.to_string());
        delete.execute(&self.writer).await?;
        Ok(())
    }

    async fn needed(&self, owner: &str, sha256: &str, now: Timestamp) -> Result<Option<u64>, StoreError> {
        let sql = "UPDATE code SET used_at = max(used_at, ?) WHERE owner = ? AND sha256 = ? AND size IS NOT NULL RETURNING size";
        let size: Option<i64> =
            sqlx::query_scalar(sql).bind(now.0).bind(owner).bind(sha256).fetch_optional(&self.writer).await?;
        Ok(size.map(|size| u64::try_from(size).unwrap_or(0)))
    }

    async fn piece(&self, owner: &str, sha256: &str, number: u32) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT bytes FROM code_pieces WHERE number = ? AND upload =
                       (SELECT upload FROM code WHERE owner = ? AND sha256 = ? AND size IS NOT NULL)";
        let piece = sqlx::query_scalar(sql).bind(number).bind(owner).bind(sha256);
        Ok(piece.fetch_optional(&self.reader).await?)
    }

    async fn forget(&self, unused: Timestamp, begun: Timestamp) -> Result<u64, StoreError> {
        let sql = "DELETE FROM code WHERE size IS NULL AND used_at < ?1
                   OR size IS NOT NULL AND used_at < ?2 AND NOT EXISTS (
                       SELECT 1 FROM runs WHERE status NOT IN ('terminated', 'failed', 'done')
                       AND json_extract(state, '$.run.owner') = code.owner
                       AND code.sha256 IN (json_extract(state, '$.run.code.sha256'),
                                           json_extract(state, '$.run.code.archive.sha256')))";
        let gone = sqlx::query(sql).bind(begun.0).bind(unused.0).execute(&self.writer).await?;
        Ok(gone.rows_affected())
    }
}
