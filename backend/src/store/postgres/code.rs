//! The tables `code` and `code_pieces`.

use async_trait::async_trait;
use berth_shared::time::Timestamp;
use uuid::Uuid;

use super::{Postgres, StoreError, error::store_error};
use crate::store::code::CodeStore;

#[async_trait]
impl CodeStore for Postgres {
    async fn begin(&self, upload: Uuid, owner: &str, sha256: &str, now: Timestamp) -> Result<(), StoreError> {
        let insert = sqlx::query("INSERT INTO code (upload, owner, sha256, used_at) VALUES ($1, $2, $3, $4)")
            .bind(upload)
            .bind(owner)
            .bind(sha256)
            .bind(now.0);
        insert.execute(&self.0.pool).await.map(drop).map_err(store_error)
    }

    async fn append(&self, upload: Uuid, number: u32, bytes: &[u8]) -> Result<(), StoreError> {
        let insert = sqlx::query("INSERT INTO code_pieces (upload, number, bytes) VALUES ($1, $2, $3)")
            .bind(upload)
            .bind(i32::try_from(number).unwrap_or(i32::MAX))
            .bind(bytes);
        insert.execute(&self.0.pool).await.map(drop).map_err(store_error)
    }

    async fn complete(&self, upload: Uuid, size: u64, now: Timestamp) -> Result<(), StoreError> {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        let written = sqlx::query("UPDATE code SET size = $1, used_at = $2 WHERE upload = $3")
            .bind(size)
            .bind(now.0)
            .bind(upload)
            .execute(&self.0.pool)
            .await;
        match written.map_err(store_error) {
            Err(error) if error.is_taken() => self.abandon(upload).await,
            written => written.map(drop),
        }
    }

    async fn abandon(&self, upload: Uuid) -> Result<(), StoreError> {
        let delete = sqlx::query("DELETE FROM code WHERE upload = $1 AND size IS NULL").bind(upload);
        delete.execute(&self.0.pool).await.map(drop).map_err(store_error)
    }

    async fn needed(&self, owner: &str, sha256: &str, now: Timestamp) -> Result<Option<u64>, StoreError> {
        let sql = "UPDATE code SET used_at = greatest(used_at, $1)
                   WHERE owner = $2 AND sha256 = $3 AND size IS NOT NULL RETURNING size";
        let query = sqlx::query_scalar(sql).bind(now.0).bind(owner).bind(sha256);
        let size: Option<i64> = query.fetch_optional(&self.0.pool).await.map_err(store_error)?;
        Ok(size.map(|size| u64::try_from(size).unwrap_or(0)))
    }

    async fn piece(&self, owner: &str, sha256: &str, number: u32) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT bytes FROM code_pieces WHERE number = $1 AND upload =
                       (SELECT upload FROM code WHERE owner = $2 AND sha256 = $3 AND size IS NOT NULL)";
        let piece =
            sqlx::query_scalar(sql).bind(i32::try_from(number).unwrap_or(i32::MAX)).bind(owner).bind(sha256);
        piece.fetch_optional(&self.0.pool).await.map_err(store_error)
    }

    async fn forget(&self, unused: Timestamp, begun: Timestamp) -> Result<u64, StoreError> {
        let sql = "DELETE FROM code WHERE size IS NULL AND used_at < $1
                   OR size IS NOT NULL AND used_at < $2 AND NOT EXISTS (
                       SELECT 1 FROM runs WHERE NOT finished
                       AND state #>> '{run,owner}' = code.owner
                       AND code.sha256 IN (state #>> '{run,code,sha256}', state #>> '{run,code,archive,sha256}'))";
        let gone = sqlx::query(sql).bind(begun.0).bind(unused.0).execute(&self.0.pool).await;
        gone.map(|gone| gone.rows_affected()).map_err(store_error)
    }
}
