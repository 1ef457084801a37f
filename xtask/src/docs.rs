//! `cargo xtask docs`: writes what is generated below `docs/`. A test of the workspace holds that it is current.

use berth_shared::reference;

use crate::shell::{Problem, root};

/// Writes every generated page.
pub(crate) fn docs() -> Result<(), Problem> {
    for page in reference::pages() {
        let path = root().join("docs").join(page.path);
        if std::fs::read_to_string(&path).is_ok_and(|there| there == page.text) {
            continue;
        }
        let folder = path.parent().map(std::path::Path::to_path_buf).unwrap_or_default();
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(&path, &page.text))
            .map_err(|error| Problem::new(format!("cannot write {}: {error}", path.display())))?;
        println!("wrote {}", path.display());
    }
    Ok(())
}
