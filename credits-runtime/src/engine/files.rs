//! Files beside each other: what is new is written under a name of its own, and takes the right one when it is whole.

use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// An empty file in the folder of `path`, gone when dropped.
pub(crate) fn draft(path: &Path) -> std::io::Result<NamedTempFile> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    let mut draft = tempfile::Builder::new();
    draft.prefix(&name).suffix(".new");
    // The access that any file of the program gets; a temporary file would have less.
    #[cfg(unix)]
    draft.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    // Asked for its own words: those about a draft would name a file that nobody knows.
    std::fs::metadata(folder(path))?;
    draft.tempfile_in(folder(path))
}

/// Makes a rename last.
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) { std::fs::File::open(folder(path))?.sync_all() } else { Ok(()) }
}

/// The path with something after its name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
